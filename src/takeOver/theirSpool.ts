/**
 * theirSpool: what the original program has left in the spool: lists, and what is none.
 *
 *     TODO, DOING, DONE/Okay, DONE/Bad    lists, as ours
 *     DOING/…/                            lists that people have parked; their jobs may run
 *     DONE/Dirty                          lists that wait to be split; some have been
 *     DONE/MissingInCastor/*.txt          transfers whose source was missing, as lists
 *     DONE/badFileList.txt                likewise, as transfers or as sources alone
 *     anything else                       named once, and left alone
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseList, type ParsedList } from '../lists/list.js';
import { columnsOf, isComment, readTransfer, type Transfer } from '../lists/transfer.js';
import { listPath, PLACES, type Place } from '../lists/transition.js';
import { storedUrl, whyBadUrl } from '../lists/url.js';
import { isUnread } from '../lfnLists/unreadNames.js';
import { diskTrouble } from '../disk.js';
import { SpoolError } from '../errors.js';
import { isListName } from '../lists/names.js';
import { sha256 } from '../spool/digest.js';
import type { Run } from '../run/program.js';

/** A list where it stands. */
export interface TheirList {
  readonly place: Place;
  readonly name: string;
  /** Relative to the base directory; of a parked list it leads below DOING. */
  readonly path: string;
}

/** All lists, place by place; parked ones behind those in DOING. */
export function theirLists({ spool }: Run): TheirList[] {
  return PLACES.flatMap((place) => {
    const lists = spool.listing(place).lists.map((name): TheirList => ({ place, name, path: listPath(place, name) }));
    if (place !== 'DOING') return lists;
    const parked = spool.parked().map((each): TheirList => ({ place, name: path.posix.basename(each), path: each }));
    return [...lists, ...parked];
  });
}

export const isParked = ({ place, name, path: where }: TheirList): boolean => where !== listPath(place, name);

/** Errors: `SpoolError`, as what is behind a list that cannot be read must not be guessed. */
export function readTheirs({ spool }: Run, list: TheirList): { readonly parsed: ParsedList; readonly sha256: string } {
  const read = spool.readPath(list.path);
  if ('bytes' in read) return { parsed: parseList(read.bytes), sha256: sha256(read.bytes) };
  throw unreadable(list, read.why);
}

/** By which the transfers of a list are known, in its order: much cheaper than to read what each of them says. */
export function keysIn({ spool }: Run, list: TheirList): string[] {
  const read = spool.readPath(list.path);
  if (!('bytes' in read)) throw unreadable(list, read.why);
  const keys: string[] = [];
  for (const line of read.bytes.toString('utf8').split('\n')) {
    const end = line.search(/[ \t]/);
    if (end > 0 && !line.startsWith('#')) keys.push(storedUrl(line.slice(0, end)));
  }
  return keys;
}

const unreadable = (list: TheirList, why: string): SpoolError =>
  new SpoolError(`Cannot read ${list.path}: ${why}; make it a readable regular file, and take over again`);

/** By which a transfer of theirs is known: they have one destination for each source. */
export const keyOf = (transfer: Pick<Transfer, 'source'>): string => storedUrl(transfer.source);

/** The transfers that they have written down as missing at the source, by their keys; null where only the source was noted. */
export function missingSources(run: Run): Map<string, Transfer | null> {
  const missing = new Map<string, Transfer | null>();
  for (const file of missingFiles(run.base))
    for (const line of textOf(run.base, file).split(/\r?\n/)) {
      if (isComment(line)) continue;
      const transfer = readTransfer(line);
      const [source = ''] = columnsOf(line);
      if (typeof transfer !== 'string') missing.set(keyOf(transfer), transfer);
      else if (whyBadUrl(source) === null && !missing.has(keyOf({ source }))) missing.set(keyOf({ source }), null);
      else run.summary.warn(`Left a line of ${file} out: it is neither a transfer nor a source: ${line}`);
    }
  return missing;
}

const BAD_FILE_LIST = 'DONE/badFileList.txt';
const MISSING_IN_CASTOR = 'DONE/MissingInCastor';

function missingFiles(base: string): string[] {
  const lists = namesIn(base, MISSING_IN_CASTOR).filter(isListName);
  return [
    ...lists.map((name) => `${MISSING_IN_CASTOR}/${name}`),
    ...(fs.existsSync(path.join(base, BAD_FILE_LIST)) ? [BAD_FILE_LIST] : []),
  ];
}

/** What is no list of ours, and stays: relative to the base directory. */
export function foreignFiles({ base, spool }: Run): string[] {
  const parkedIn = new Set(spool.parked().map((each) => path.posix.dirname(each)));
  const done = namesIn(base, 'DONE').map((name) => `DONE/${name}`);
  return [
    ...PLACES.flatMap((place) => spool.listing(place).strange).filter((each) => !parkedIn.has(each)),
    ...done.filter((each) => !(PLACES as readonly string[]).includes(each)),
    ...namesIn(base, 'TODO/ListOfLFNs')
      .filter((name) => isUnread(name) || name.endsWith('.py'))
      .map((name) => `TODO/ListOfLFNs/${name}`),
  ];
}

function namesIn(base: string, directory: string): string[] {
  try {
    return fs
      .readdirSync(path.join(base, directory))
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw diskTrouble('read', path.join(base, directory), error);
  }
}

function textOf(base: string, file: string): string {
  try {
    return fs.readFileSync(path.join(base, file), 'utf8');
  } catch (error) {
    throw diskTrouble('read', path.join(base, file), error);
  }
}
