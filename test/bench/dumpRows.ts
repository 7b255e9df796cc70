/**
 * dumpRows: a catalogue compared with a dump, beside awk, sort, comm and join, which give the same answers: a dump as
 * storages write them, and one whose lines are spelt as the catalogue's are; and one so large that nothing of it fits
 * into memory.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
      contestOf(context, 'dumps', size(context, 10_000_000, 500_000)),
      contestOf(context, 'dumps-tidy', size(context, 10_000_000, 500_000)),
      contestOf(context, 'dumps-large', size(context, 50_000_000, 1_000_000)),
    ],
  };
}

function contestOf(context: Context, name: 'dumps' | 'dumps-tidy' | 'dumps-large', files: number): Contest {
  const isTidy = name === 'dumps-tidy';
  const hasRival = name !== 'dumps-large';
  const file = (which: string): string => within(context, `${name}.${which}`);
  let written = false;
  const prepare = (): void => {
    if (written) return;
    rmSync(context.directory, { recursive: true, force: true });
    mkdirSync(context.directory, { recursive: true });
    writeCatalogue(file('catalogue'), files);
    writeDump(file('dump'), files, isTidy);
    writeFileSync(file('bases'), `${ELEMENT};${BASE}\n`);
    written = true;
  };
  const input = (option: string, which: string): string[] => [option, file(which)];
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
        dark: linesOf(file(`out/dark-${BASE}.list`)),
        // It has a line of titles.
        different: linesOf(file('out/different.tsv')) - 1,
      };
      check(counts, files);
      rmSync(file('out'), { recursive: true });
      return Promise.resolve(counts);
    },
  };
  const rival: Runner = {
    label: isTidy ? 'sort + comm' : 'mawk + sort + comm',
    prepare,
    command: () => ({ argv: ['sh', '-c', sortAndComm(file, isTidy)], env: { LC_ALL: 'C' } }),
    finish: () => {
      const [lost = 0, dark = 0, different = 0] = ['lost', 'dark', 'different'].map((which) => linesOf(file(which)));
      check({ lost, dark, different }, files);
      for (const which of ['lost', 'dark', 'different', 'a', 'both', 'only-a', 'only-b']) rmSync(file(which));
    },
  };
  return {
    name,
    what: `${files.toLocaleString('en')} catalogued against ${files.toLocaleString('en')} dumped${isTidy ? ', spelt alike' : ''}`,
    rounds: hasRival ? 2 : 1,
    subject,
    rival: hasRival ? rival : null,
    judge: (result) => [
      ...(hasRival ? [atMost(result.subject, 'wallSeconds', 25, !context.quick)] : []),
      atMost(result.subject, 'peakBytes', LIMIT_BYTES, !context.quick),
      // The demand speaks of the same answer: of dumps as they are.
      ...(hasRival ? [ratioAtLeast(result, 3, !context.quick && !isTidy)] : []),
    ],
  };
}

/**
 * What a careful person would write: path, checksum and size are compared when they are spelt alike (mawk does that
 * faster than sed, awk or perl); what stands on both sides is different, not lost and dark. With no more memory than we
 * may take, on two cores.
 */
function sortAndComm(file: (name: string) => string, isTidy: boolean): string {
  const sort = `sort --parallel=2 -S 400M -T '${dirname(file('a'))}'`;
  const [catalogue, dump] = [`'${file('catalogue')}'`, `'${file('dump')}'`];
  const awk = `"$(command -v mawk || echo awk)" -F';'`;
  const spelt = isTidy
    ? { catalogue: `sed 's/^[^;]*;/${BASE}/' ${catalogue} | ${sort}`, dump: `${sort} ${dump}` }
    : {
        catalogue: `${awk} '{ sub(/^0+/, "", $3); print "${BASE}" $2 ";" tolower($3) ";" $4 }' ${catalogue} | ${sort}`,
        dump: `${awk} -v 'OFS=;' '{ sub("^/+", "", $1); sub(/^0+/, "", $2); $2 = tolower($2); print }' ${dump} | ${sort}`,
      };
  return [
    `${spelt.catalogue} > '${file('a')}'`,
    `${spelt.dump} | comm -3 '${file('a')}' - > '${file('both')}'`,
    `sed '/^\t/d' '${file('both')}' > '${file('only-a')}'`,
    `sed -n 's/^\t//p' '${file('both')}' > '${file('only-b')}'`,
    `join -t';' -v1 '${file('only-a')}' '${file('only-b')}' > '${file('lost')}'`,
    `join -t';' -v2 '${file('only-a')}' '${file('only-b')}' > '${file('dark')}'`,
    `join -t';' '${file('only-a')}' '${file('only-b')}' > '${file('different')}'`,
  ].join(' && ');
}

/** Without those that say what they are. */
const linesOf = (path: string): number =>
  readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).length;

function check(
  found: { readonly lost: number; readonly dark: number; readonly different: number },
  files: number,
): void {
  let [lost, dark] = [0, 0];
  for (let number = 0; number < files; number++) {
    // What is in neither is neither.
    if (isLost(number) && !isDark(number)) lost++;
    if (isDark(number) && !isLost(number)) dark++;
  }
  if (found.lost !== lost || found.dark !== dark || found.different !== 0)
    throw new Error(`${JSON.stringify(found)}, not ${lost} lost, ${dark} dark and none different`);
}
