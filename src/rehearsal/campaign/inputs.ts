/**
 * inputs: the settings and the LFN lists of a rehearsal.
 *
 * The LFN lists are as people make them: with comments, blank lines, some lines that are no LFNs, and LFNs that stand
 * there twice.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a rehearsal of so many LFNs is cut into. */
export interface Sizes {
  readonly lfnsPerList: number;
  readonly lists: number;
  readonly listsPerRun: number;
}

/** Six rounds cut all, however many LFNs there are. */
export function sizesFor(lfns: number): Sizes {
  const lfnsPerList = lfns <= 10_000 ? 20 : 200;
  const lists = Math.ceil(lfns / lfnsPerList);
  return { lfnsPerList, lists, listsPerRun: Math.ceil(lists / 6) };
}

export interface Server {
  readonly name: string;
  readonly url: string;
}

/** Seconds that an answer may take: the longest pause in a rehearsal. */
const TIMEOUT_SECONDS = 2;

export function writeSettings(base: string, sizes: Sizes, servers: readonly Server[]): void {
  const lines = [
    '# The settings of a rehearsal. The servers are gone when it has ended.',
    '[producer]',
    `lfns_per_list = ${sizes.lfnsPerList}`,
    `lists_per_run = ${sizes.listsPerRun}`,
    '',
    ...ROUTES.flatMap(({ match, source, destination }) => [
      '[[route]]',
      `match = "${match}"`,
      `source = "${source}"`,
      `destination = "${destination}"`,
      '',
    ]),
    ...servers.flatMap(({ name, url }) => ['[[fts.server]]', `name = "${name}"`, `endpoint = "${url}"`, '']),
    '[fts]',
    `timeout_seconds = ${TIMEOUT_SECONDS}`,
    '',
    '[consumer]',
    '# More than are cut in a run, as lists come back.',
    `lists_per_run = ${2 * sizes.listsPerRun + 8}`,
    '',
    '[job]',
    '# As from tape: FTS then stores root sources under other URLs.',
    'bring_online = 3600',
    '',
    '[monitor]',
    '# There is no hour in a rehearsal for the clean-up of a dead copy.',
    'quarantine_minutes = 0',
    '',
  ];
  writeFileSync(path.join(base, 'castor2echo.toml'), lines.join('\n'));
}

/** As RAL's, between two storages that do not exist; the buffer's by another protocol. */
const CASTOR = 'srm://castor.example.org:8443/srm/managerv2?SFN=/castor/example.org/prod';
const BUFFER = 'root://castor.example.org//castor/example.org/prod/lhcb/buffer';
const ECHO = 'gsiftp://echo.example.org/lhcb';
const ROUTES = [
  { match: '*BUFFER*', source: BUFFER, destination: `${ECHO}:buffer` },
  { match: '*', source: CASTOR, destination: `${ECHO}:prod` },
] as const;

const LFN_LISTS = 'TODO/ListOfLFNs';
/** Lists are cut in the order of their names. */
const [FIRST, SECOND] = ['2018-CHARM-1-PROD.list', '2018-CHARM-2-BUFFER.list'] as const;
const SHARE_OF_FIRST = 0.6;

/** Writes the LFN lists. Returns their names, relative to the base directory. */
export function writeLfnLists(base: string, lfns: readonly string[], lfnsPerList: number): string[] {
  const split = Math.ceil(lfns.length * SHARE_OF_FIRST);
  mkdirSync(path.join(base, LFN_LISTS), { recursive: true });
  const parts = [
    { name: `${LFN_LISTS}/${FIRST}`, part: lfns.slice(0, split) },
    { name: `${LFN_LISTS}/${SECOND}`, part: lfns.slice(split) },
  ].filter(({ part }) => part.length > 0);
  for (const { name, part } of parts) writeFileSync(path.join(base, name), lfnListText(part, lfnsPerList));
  return parts.map(({ name }) => name);
}

const NO_LFNS = ['lhcb/LHCb/Collision18/relative.mdst', '/lhcb/LHCb/Collision18/with a blank.mdst'] as const;

/** Something odd stands in every so many lists that are cut. */
const ODD_LISTS = 20;

function lfnListText(lfns: readonly string[], lfnsPerList: number): string {
  const lines = ["# LHCb's 2018 CHARM.MDST, as the bookkeeping gives it", ''];
  lfns.forEach((lfn, index) => {
    const list = Math.floor(index / lfnsPerList);
    const within = index % lfnsPerList;
    lines.push(lfn);
    if (list % ODD_LISTS !== 0) return;
    // An LFN is dropped as a duplicate only within one list: it must stand in the same as the first.
    if (within === 4) lines.push(lfns[index - 2] ?? lfn);
    if (within === 9) lines.push('', '# and these, please:', NO_LFNS[(list / ODD_LISTS) % NO_LFNS.length] ?? '', '');
  });
  return `${lines.join('\n')}\n`;
}
