/**
 * dumpRows: a catalogue compared with a dump, beside sort, comm and join, which give the same answers; and one so large that nothing of it
 * fits into memory.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { size, within, type Context, type Rows } from './context.js';
import type { Contest, Runner } from './contest.js';
import { BASE, ELEMENT, isDark, isLost, writeCatalogue, writeDump } from './dumps.js';
import { atMost, ratioAtLeast } from './figures.js';
import { script } from './measured.js';

const LIMIT_BYTES = 450e6;
/** A time for both, so that both answers are given. */
const WHEN = '2018-04-12T10:00';

export function dumpRows(context: Context): Rows {
  return {
    contests: [
      contestOf(context, size(context, 10_000_000, 500_000), true),
      contestOf(context, size(context, 50_000_000, 1_000_000), false),
    ],
  };
}

function contestOf(context: Context, files: number, isFirst: boolean): Contest {
  const file = (name: string): string => within(context, `${files}.${name}`);
  let written = false;
  const prepare = (): void => {
    if (written) return;
    if (!isFirst) rmSync(context.directory, { recursive: true });
    execFileSync('mkdir', ['-p', context.directory]);
    writeCatalogue(file('catalogue'), files);
    writeDump(file('dump'), files);
    writeFileSync(file('bases'), `${ELEMENT};${BASE}\n`);
    written = true;
  };
  const input = (option: string, name: string): string[] => [option, file(name)];
  const options = [
    ...input('--storage', 'dump'),
    ...input('--catalogue', 'catalogue'),
    ...input('--bases', 'bases'),
    ...input('--out', 'out'),
    '--dumped-at',
    WHEN,
    '--catalogued-at',
    WHEN,
    '--force',
    'they are made up',
  ];
  const subject: Runner = {
    label: 'compareDumps',
    prepare,
    command: () => script('../../dist/misc/compareDumps', ...options),
    finish: () => {
      const counts = {
        lost: linesOf(file(`out/lost-${ELEMENT}.list`)),
        dark: linesOf(file(`out/dark-${BASE}.list`), 2),
      };
      check(counts, files);
      rmSync(file('out'), { recursive: true });
      return Promise.resolve(counts);
    },
  };
  const rival: Runner = {
    label: 'sort + comm',
    prepare,
    command: () => ({ argv: ['sh', '-c', sortAndComm(file)], env: { LC_ALL: 'C' } }),
    finish: () => {
      check({ lost: linesOf(file('lost'), 0), dark: linesOf(file('dark'), 0) }, files);
      for (const name of ['lost', 'dark', 'different', 'a', 'b', 'only-a', 'only-b']) rmSync(file(name));
    },
  };
  return {
    name: isFirst ? 'dumps' : 'dumps-large',
    what: `${files.toLocaleString('en')} catalogued against ${files.toLocaleString('en')} dumped`,
    rounds: isFirst ? 2 : 1,
    subject,
    rival: isFirst ? rival : null,
    judge: (result) => [
      ...(isFirst ? [atMost(result.subject, 'wallSeconds', 25, !context.quick)] : []),
      atMost(result.subject, 'peakBytes', LIMIT_BYTES, !context.quick),
      ...(isFirst ? [ratioAtLeast(result, 3, !context.quick)] : []),
    ],
  };
}

/**
 * What a careful person would write: path, checksum and size are compared as they stand, which the data here allow; what stands on both
 * sides is different, not lost and dark. With no more memory than we may take.
 */
function sortAndComm(file: (name: string) => string): string {
  const sort = `sort -S 400M -T '${dirname(file('a'))}'`;
  return [
    `sed 's/^[^;]*;/${BASE}/' '${file('catalogue')}' | ${sort} > '${file('a')}'`,
    `${sort} '${file('dump')}' > '${file('b')}'`,
    `comm -23 '${file('a')}' '${file('b')}' > '${file('only-a')}'`,
    `comm -13 '${file('a')}' '${file('b')}' > '${file('only-b')}'`,
    `join -t';' -v1 '${file('only-a')}' '${file('only-b')}' > '${file('lost')}'`,
    `join -t';' -v2 '${file('only-a')}' '${file('only-b')}' > '${file('dark')}'`,
    `join -t';' '${file('only-a')}' '${file('only-b')}' > '${file('different')}'`,
  ].join(' && ');
}

/** Without the line that says what they are. */
const linesOf = (path: string, heads = 1): number =>
  Number(execFileSync('wc', ['-l', path], { encoding: 'utf8' }).trim().split(' ')[0]) - heads;

function check(found: { readonly lost: number; readonly dark: number }, files: number): void {
  let [lost, dark] = [0, 0];
  for (let number = 0; number < files; number++) {
    // What is in neither is neither.
    if (isLost(number) && !isDark(number)) lost++;
    if (isDark(number) && !isLost(number)) dark++;
  }
  if (found.lost !== lost || found.dark !== dark)
    throw new Error(`${found.lost} lost and ${found.dark} dark, not ${lost} and ${dark}`);
}
