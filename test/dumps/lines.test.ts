/**
 * lines: a line that is read as an ordinary one means what it means when it is read column by column.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bases } from '../../dist/dumps/bases.js';
import { checksumInWords } from '../../dist/dumps/checksums.js';
import type { Layout } from '../../dist/dumps/layout.js';
import { LineReader, type Found } from '../../dist/dumps/lines.js';
import { Partition } from '../../dist/dumps/partition.js';
import { PARTITIONS, Records } from '../../dist/dumps/records.js';
import { CATALOGUE, DUMP } from '../../dist/dumps/verdict.js';
import { Spill } from '../../dist/spill.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

interface Read {
  readonly records: string[];
  readonly found: Found;
  readonly unknown: ReadonlyMap<string, number>;
  readonly outside: number;
  readonly outsideExample: string;
}

const PAIRS = [
  ['RAL-DST', 'prod'],
  ['RAL-USER', 'prod/user'],
  ['RAL-ALL', ''],
] as const;

/** `line;line;…` as they come, a few lines at a time. */
function read(lines: readonly string[], side: number, layout: Layout, isByColumn: boolean): Read {
  const bases = Bases.ofDump(side === DUMP ? PAIRS.slice(0, 2) : PAIRS, [], 'prod');
  const spill = new Spill(temporaryDirectory());
  const records = new Records(spill);
  const reader = new LineReader(records, side, layout, side === DUMP ? bases.inDump : bases.inCatalogue);
  if (isByColumn) Reflect.set(reader, 'isUsual', false);
  for (let at = 0; at < lines.length; at += 50)
    reader.read(Buffer.from(lines.slice(at, at + 50).join('\n') + '\n', 'latin1'));
  const partition = new Partition([{ stored: records.stored(), spill }]);
  const texts: string[] = [];
  for (let index = 0; index < PARTITIONS; index++)
    partition.each(index, (head) => {
      for (let at: number | null = head; at !== null; at = partition.next(at))
        texts.push(
          `${partition.path(at)} ${partition.element(at)} ${checksumInWords(partition.checksum(at))} ${partition.size(at)}`,
        );
    });
  spill.close();
  const { unknown, outside, outsideExample } = bases;
  return { records: texts, found: reader.found, unknown, outside, outsideExample };
}

/** Numbers that only look random, so that a failure can be seen again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Most lines are as they should be; others have something odd at any place. */
function linesOf(seed: number, isDump: boolean, separator: string): string[] {
  const next = numbers(seed);
  const any = (texts: readonly string[]): string => texts[next(texts.length)] ?? '';
  const odd = (usual: string, texts: readonly string[]): string => (next(12) === 0 ? any(texts) : usual);
  const ODD_BYTES = ['\x7f', '\xff', '\xe9', '\x01', ' ', '\t', '\r', '//', '/', separator, '', '#', '.', '\0'];
  return Array.from({ length: 1500 }, () => {
    const begin = isDump
      ? any(['prod/', 'prod/', 'prod/user/', '/prod/', '//prod//', 'other/'])
      : any(['/', '', '//', 'LFN:/']);
    const element = isDump
      ? ''
      : `${odd('RAL-DST', ['RAL-USER', 'RAL-ALL', 'CERN', 'RAL-', '', ' RAL-DST'])}${separator}`;
    const directory = `${begin}lhcb/${odd('MC/', ['MC//', 'a/b/c/', '', `${'x'.repeat(next(5000))}/`, '//'])}${next(20)}/`;
    const prefix = odd('', [' ', '/', '.', 'x'.repeat(next(4000))]);
    const name = odd(`${prefix}${next(500)}.dst${odd('', ODD_BYTES)}`, ['']);
    const digits = next(0x7fffffff).toString(16);
    const checksum = odd(digits, [
      digits.toUpperCase(),
      `0${digits}`,
      `00000${digits}`,
      `ADLER32:${digits}`,
      `adler32:0${digits}`,
      `ADLER33:${digits}`,
      `MD5:${digits.padStart(32, '7')}`,
      digits.padStart(32, '6'),
      '0',
      '',
      '-',
      'null',
      'xyz',
      ` ${digits}`,
    ]);
    const size = odd(String(next(1_000_000)), [
      '0',
      '',
      '-',
      '00012',
      String(next(0xffffff) * next(0xffffff)),
      '123456789012345',
      '1234567890123456',
      '99999999',
      '100000000',
      '1x',
      ' 7 ',
      `7${separator}more`,
    ]);
    const rest = odd(`${separator}${checksum}${separator}${size}`, [
      '',
      separator,
      `${separator}${checksum}`,
      ` ${separator}1`,
    ]);
    const path = odd(directory + name, ['prod/', 'prod//', 'prod']);
    const line = `${odd('', ['#'])}${element}${path}${rest}`;
    const isBroken = next(40) === 0;
    const at = next(line.length);
    return (isBroken ? line.slice(0, at) + any(ODD_BYTES) + line.slice(at) : line) + odd('', ['\r', '\r\r', ' ', '\t']);
  });
}

function compareWays(side: number, columns: readonly number[]): void {
  for (const separator of [';', '\t', '|', ',', ' ', ':']) {
    const layout = { separator: separator.charCodeAt(0), columns, header: 1 };
    for (let seed = 1; seed <= 8; seed++) {
      const lines = linesOf(seed, side === DUMP, separator);
      const ordinary = read(lines, side, layout, false);
      assert.deepEqual(ordinary, read(lines, side, layout, true), `separator "${separator}", seed ${seed}`);
    }
  }
}

test('lines of a dump, whatever separates their columns', () => compareWays(DUMP, [0, 1, 2]));

test('lines of a catalogue, whatever separates their columns', () => compareWays(CATALOGUE, [0, 1, 2, 3]));

test('lines of nothing but paths', () => {
  const lines = linesOf(9, true, '\0').map((line) => line.split('\0')[0] ?? '');
  const layout = { separator: 0, columns: [0, -1, -1], header: 0 };
  assert.deepEqual(read(lines, DUMP, layout, false), read(lines, DUMP, layout, true));
});
