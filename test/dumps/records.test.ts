/**
 * records: paths whose hashes collide are told apart, what does not fit into memory is read again, and runs are merged
 * in order.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { noChecksum, readChecksum } from '../../dist/dumps/checksums.js';
import { Partition, type Store } from '../../dist/dumps/partition.js';
import { Directories, hashOf } from '../../dist/dumps/directories.js';
import { NO_SIZE, PARTITIONS, Records } from '../../dist/dumps/records.js';
import { SortedLines } from '../../dist/sortedLines.js';
import { Spill } from '../../dist/spill.js';
import { DUMP, CATALOGUE } from '../../dist/dumps/verdict.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

function add(records: Records, path: string, side: number, checksum = '', size = NO_SIZE): void {
  const read = noChecksum();
  assert.ok(readChecksum(Buffer.from(checksum), 0, checksum.length, read));
  Buffer.from(path).copy(Buffer.from(records.page.buffer), records.pathAt);
  records.addPath(path.length, side, 0, 0, size, read);
}

/** Each path with its sides. */
function sidesByPath(...stores: readonly Store[]): Map<string, number> {
  const partition = new Partition(stores);
  const found = new Map<string, number>();
  for (let index = 0; index < PARTITIONS; index++)
    partition.each(index, (head) => {
      let sides = 0;
      for (let at: number | null = head; at !== null; at = partition.next(at)) sides |= partition.side(at);
      assert.equal(found.has(partition.path(head)), false);
      found.set(partition.path(head), sides);
    });
  return found;
}

/** Of many paths two whose hashes are the same. */
function collision(): [string, string] {
  const seen = new Map<number, string>();
  const view = new DataView(new ArrayBuffer(64));
  for (let number = 0; ; number++) {
    // Names that count up have different hashes for millions of them. All are of one length: nothing but the text tells them apart.
    const part = (factor: number): string => String(Math.imul(number, factor) >>> 0).padStart(10, '0');
    const name = `${part(0x9e3779b1)}_${part(0x85ebca6b)}.dst`;
    Buffer.from(name).copy(Buffer.from(view.buffer));
    const hash = hashOf(view, 0, name.length);
    const other = seen.get(hash);
    if (other !== undefined) return [`prod/lhcb/MC/${other}`, `prod/lhcb/MC/${name}`];
    seen.set(hash, name);
  }
}

test('two paths with one hash are two paths', () => {
  const [one, other] = collision();
  assert.notEqual(one, other);
  const spill = new Spill(temporaryDirectory());
  const records = new Records(spill);
  add(records, one, CATALOGUE);
  add(records, other, DUMP);
  assert.deepEqual(
    sidesByPath({ stored: records.stored(), spill }),
    new Map([
      [one, CATALOGUE],
      [other, DUMP],
    ]),
  );
});

test('what does not fit into memory is read again, from a file that nobody sees', () => {
  const directory = temporaryDirectory();
  const spill = new Spill(directory);
  const records = new Records(spill);
  const path = (number: number): string => `prod/${'x'.repeat(1000 + (number % 7))}/${number}`;
  const count = 20_000;
  for (let number = 0; number < count; number++) add(records, path(number), CATALOGUE, 'ADLER32:0a1b', number);
  for (let number = 1; number < count; number++) add(records, path(number), DUMP, `MD5:${'0c'.repeat(16)}`, number);
  assert.deepEqual(readdirSync(directory), []);
  const found = sidesByPath({ stored: records.stored(), spill });
  assert.equal(found.size, count);
  assert.deepEqual(
    [...found].filter(([, sides]) => sides !== (CATALOGUE | DUMP)),
    [[path(0), CATALOGUE]],
  );
  spill.close();
});

test('the lines of an answer come in their order, whatever run they are in', () => {
  const spill = new Spill(temporaryDirectory());
  const results = new SortedLines(spill);
  const lines: string[] = [];
  for (let run = 0; run < 40; run++) {
    for (let number = 0; number < 3000; number += 1 + (run % 5)) {
      const line = `${(number * 7919 + run * 31) % 100_003}/${run}/${number}`;
      lines.push(line);
      results.add('answer', line);
    }
    if (run % 3 === 0) results.add('other', `${run}`);
    results.endPartition();
  }
  assert.deepEqual([...results.lines('answer')], lines.sort());
  assert.equal([...results.lines('other')].length, 14);
  assert.deepEqual([...results.lines('none')], []);
  spill.close();
});

test('each directory has one number, whatever stands behind it, and too many have none', () => {
  const directories = new Directories();
  const view = new DataView(new ArrayBuffer(256 * 1024));
  const put = (text: string): number => {
    Buffer.from(`${text}xyz`).copy(Buffer.from(view.buffer));
    return directories.numberOf(view, 0, text.length);
  };
  const name = (number: number): string => `prod/${'d'.repeat(number % 9)}/${number}/`;
  const numbers = Array.from({ length: 20_000 }, (_, number) => put(name(number)));
  assert.equal(new Set(numbers).size, 20_000);
  numbers.forEach((number, index) => {
    assert.equal(put(name(index)), number);
    assert.equal(directories.text(number), name(index));
  });
  const long = (number: number): string => `${String(number).padStart(6, '0')}${'/x'.repeat(100_000)}/`;
  let first = 0;
  while (put(long(first)) !== 0) first++;
  assert.ok(first > 100);
  assert.equal(put(long(first)), 0);
  assert.notEqual(put(long(0)), 0);
});

test('paths of two threads come together, whether their directories have numbers or not', () => {
  const [one, other] = [new Spill(temporaryDirectory()), new Spill(temporaryDirectory())];
  const [catalogue, dump] = [new Records(one), new Records(other)];
  const path = (number: number): string => `prod/${number % 5}/${'d'.repeat(number % 11)}/${number}.dst`;
  for (let number = 0; number < 100; number++) add(catalogue, path(number), CATALOGUE);
  // In that thread directories have other numbers, and most have none.
  dump.directories.numberOf = function (view, from, bytes): number {
    return bytes % 3 === 0 ? Directories.prototype.numberOf.call(this, view, from, bytes) : 0;
  };
  for (let number = 99; number > 0; number--) add(dump, path(number), DUMP);
  Reflect.deleteProperty(dump.directories, 'numberOf');
  const sent = structuredClone(dump.stored());
  const stored = { ...sent, directories: Directories.from(sent.directories) };
  const found = sidesByPath({ stored: catalogue.stored(), spill: one }, { stored, spill: other });
  assert.equal(found.size, 100);
  assert.deepEqual(
    [...found].filter(([, sides]) => sides !== (CATALOGUE | DUMP)),
    [[path(0), CATALOGUE]],
  );
});
