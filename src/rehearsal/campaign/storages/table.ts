/**
 * table: the end of the rehearsal of the storages, as a person reads it: every transfer accounted for, then part by
 * part what was to come of it and what has. At most 80 columns, but for the name of the directory.
 */
import { plural } from '../../../text/words.js';
import { wrapped, type Paint } from '../../../text/terminal.js';
import type { Account } from '../account.js';
import { ROUNDS_LOG } from '../roundsLog.js';
import { accounted, verdict } from '../table.js';
import type { PartCheck } from './part.js';
import type { StoragesEnded } from './rehearsal.js';

/** `directory`: as a person in the current directory would name it. */
export function storagesTable(directory: string, ended: StoragesEnded, paint: Paint): string {
  const { lfns, seed, seconds, campaigns } = ended;
  const rounds = campaigns.reduce((sum, { course }) => sum + course.rounds, 0);
  const title = `Rehearsal of ${plural(lfns, 'transfer')} over four routes, seed ${seed}: ${plural(rounds, 'round')} in ${Math.round(seconds)} s`;
  const parts = campaigns.flatMap((campaign) => campaign.parts);
  const blocks = [
    [paint('bold', title)],
    accounted(total(campaigns.map(({ account }) => account)), paint),
    ...parts.map(({ title: about, checks }) => [`${about}:`, ...checks.flatMap((check) => shown(check, paint))]),
    verdict(`${directory}/*/${ROUNDS_LOG}`, violationsOf(ended), paint),
    lookAt(directory),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export const violationsOf = ({ campaigns }: StoragesEnded): string[] =>
  campaigns.flatMap(({ violations }) => violations);

const shown = ({ holds, text }: PartCheck, paint: Paint): string[] =>
  wrapped(text, 6, holds ? '  ok  ' : '  !!  ').map((line) => paint(holds ? 'green' : 'red', line));

const total = (accounts: readonly Account[]): Account => {
  const sum = (count: (account: Account) => number): number => accounts.reduce((all, each) => all + count(each), 0);
  return {
    lines: sum(({ lines }) => lines),
    okay: sum(({ okay }) => okay),
    bad: accounts.flatMap(({ bad }) => bad),
    duplicates: sum(({ duplicates }) => duplicates),
    badLines: sum(({ badLines }) => badLines),
    jobs: sum(({ jobs }) => jobs),
    violations: accounts.flatMap(({ violations }) => violations),
  };
};

const lookAt = (directory: string): string[] => [
  'Look around:',
  `  less ${directory}/storages/castor2echo.toml`,
  `  less ${directory}/storages/castor2echo.log`,
  `  grep -r "^# permanent" ${directory}/storages/DONE/Bad`,
  `  less ${directory}/tokens/castor2echo.toml`,
  `  rm -r ${directory}      (when you have seen enough)`,
];
