/**
 * table: the end of a rehearsal, as a person reads it: every LFN accounted for, each bad one with its reason, what went
 * wrong on the way, and where to look. At most 80 columns, but for the name of the directory.
 */
import { plural } from '../../text/words.js';
import type { RehearsalServer } from '../server/options.js';
import type { Account, BadTransfer } from './account.js';
import type { CampaignCourse } from './driver.js';
import type { DownTime } from './plannedFaults.js';
import { size, WIDTH, wrapped, type Paint } from '../../text/terminal.js';
import type { Proved } from './proof.js';
import { ROUNDS_LOG } from './roundsLog.js';

export interface RehearsalEnd {
  readonly account: Account;
  readonly course: CampaignCourse;
  readonly down: DownTime | null;
  readonly servers: readonly RehearsalServer[];
  readonly seed: number;
  readonly lfns: number;
  readonly seconds: number;
  /** Null: it was not asked for. */
  readonly proved: Proved | null;
  /** What the account and the course found. */
  readonly violations: readonly string[];
}

/** So many bad transfers and violations are shown. */
const SHOWN = 10;

/** `directory`: as a person in the current directory would name it. */
export function table(directory: string, ended: RehearsalEnd, paint: Paint): string {
  const { lfns, seed, course, seconds } = ended;
  const title = `Rehearsal of ${plural(lfns, 'LFN')}, seed ${seed}: ${plural(course.rounds, 'round')} in ${Math.round(seconds)} s`;
  const parts = [
    [paint('bold', title)],
    accounted(ended.account, paint),
    bad(ended.account, directory),
    survived(ended),
    proof(directory, ended.proved),
    verdict(`${directory}/${ROUNDS_LOG}`, ended.violations, paint),
    lookAt(directory),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

export function accounted(account: Account, paint: Paint): string[] {
  const { lines, okay, bad, duplicates, badLines } = account;
  const sum = okay + bad.length + duplicates + badLines;
  const matches = sum === lines;
  return [
    row(lines, 'lines of the LFN lists were cut'),
    rule(),
    row(okay, 'okay'),
    row(bad.length, 'bad, for a person to look at'),
    ...byMeaning(bad).flatMap(([meaning, count]) => wrapped(meaning, 16, `${String(count).padStart(14)}  `)),
    row(duplicates, 'dropped: the same LFN stands in the list already'),
    row(badLines, 'no LFN: named in DONE/Bad'),
    rule(),
    paint(matches ? 'green' : 'red', row(sum, matches ? 'every line is accounted for' : `and not ${lines}!`)),
  ];
}

const row = (count: number, what: string): string => `${String(count).padStart(8)}  ${what}`;

const rule = (): string => `${' '.repeat(2)}${'-'.repeat(6)}`;

/** "class: meaning", the most frequent first. */
function byMeaning(bad: readonly BadTransfer[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const one of bad) counts.set(meaningOf(one), (counts.get(meaningOf(one)) ?? 0) + 1);
  return [...counts].sort(([one, first], [other, second]) => second - first || one.localeCompare(other));
}

const meaningOf = (bad: BadTransfer): string => `${bad.class}: ${bad.meaning}`;

function bad(account: Account, directory: string): string[] {
  const all = [...account.bad].sort((one, other) => one.lfn.localeCompare(other.lfn));
  if (all.length === 0) return [];
  return [
    'Bad transfers, each with its reason:',
    ...all.slice(0, SHOWN).flatMap((one) => [clipped(`  ${one.lfn}`), clipped(`    ${one.class}: ${one.reason}`)]),
    ...(all.length > SHOWN ? [`  … and ${all.length - SHOWN} more: ls ${directory}/DONE/Bad`] : []),
  ];
}

function survived({ servers, down, course, account }: RehearsalEnd): string[] {
  const faults = new Map<string, number>();
  for (const { history } of servers)
    for (const { fault } of history) if (fault !== null) faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const met = [...faults].sort(([, one], [, other]) => other - one).map(([name, count]) => `  ${count} × ${name}`);
  const wasDown = down !== null && down.round <= course.rounds;
  const lines = [...(wasDown ? [`  1 × ${down.server} was down for a round`] : []), ...met];
  const submitted = `${plural(account.jobs, 'job')} on ${servers.map(({ name }) => name).join(' and ')}`;
  if (lines.length === 0) return [`Nothing went wrong on the way, with ${submitted}.`];
  return [`What went wrong on the way, with ${submitted}:`, ...lines, ...told(course)];
}

function told({ killed, asked }: CampaignCourse): string[] {
  return [
    ...(killed > 0 ? [`  ${plural(killed, 'run')} ended by kill -9`] : []),
    ...(asked > 0 ? [`  ${plural(asked, 'run')} named what could not be done (exit 3 or 5)`] : []),
  ];
}

function proof(base: string, proved: Proved | null): string[] {
  if (proved === null) return [];
  const { files, bytes, lost, dark, directory } = proved;
  return [
    'The proof at the end:',
    row(lost, 'of the files were taken out of the storage: found lost, sent again'),
    row(dark, 'that nobody knows were put there: found dark'),
    row(files, `in the storage's dump in the end, ${size(bytes)}: none lost, none dark`),
    `  less ${base}/${directory}/first/summary.json`,
    `  less ${base}/${directory}/manifest.tsv`,
  ];
}

/** `log`: where all violations stand. */
export function verdict(log: string, violations: readonly string[], paint: Paint): string[] {
  if (violations.length === 0)
    return [paint('green', "Nothing was lost, and no transfer was carried out twice, by the servers' record.")];
  return [
    paint('red', `The rehearsal FAILED: ${plural(violations.length, 'violation')} of what the toolkit guarantees:`),
    ...violations.slice(0, SHOWN).flatMap((one) => wrapped(one, 2, '! ')),
    ...(violations.length > SHOWN ? [`! … and ${violations.length - SHOWN} more: less ${log}`] : []),
  ];
}

function lookAt(directory: string): string[] {
  return [
    'Look around:',
    `  ls ${directory}/DONE/Bad`,
    `  less ${directory}/${ROUNDS_LOG}`,
    `  less ${directory}/castor2echo.log`,
    `  rm -r ${directory}      (when you have seen enough)`,
  ];
}

/** The middle of a long text is left out: reasons say what matters at their end. */
function clipped(line: string): string {
  const text = line.trimEnd();
  if (text.length <= WIDTH) return text;
  const half = Math.floor((WIDTH - 3) / 2);
  return `${text.slice(0, half)} … ${text.slice(-half)}`;
}
