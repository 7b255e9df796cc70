/**
 * examineSpool: the doctor's look at a base directory: its directories, its lease, its database. Reads only.
 */
import fs from 'node:fs';
import path from 'node:path';

import { failed, judgeSpace, ok, warning, type Check } from './checks.js';
import { age, named, plural } from '../text/words.js';
import { whyTooLong } from '../lists/names.js';
import { PLACES } from '../lists/transition.js';
import { campaign } from '../database/campaignRows.js';
import { transitions } from '../database/transitionRows.js';
import { CAMPAIGN, DATABASE, isNewCampaign, openReadOnly, type CampaignDatabase } from '../database/database.js';
import { leaseState } from '../lease/lease.js';
import { describeHolder } from '../lease/leaseHolder.js';
import { Spool } from '../spool/spool.js';

const DIRECTORIES = ['TODO', 'TODO/ListOfLFNs', ...PLACES.filter((place) => place !== 'TODO')];
/** The type of FUSE in statfs(2); EOS is mounted by it. */
const FUSE = 0x65735546;
/** Cron starts every program every two hours: after this it has stopped. */
const SILENT_SECONDS = 26 * 3600;

export function examineDirectories(base: string): Check[] {
  const isNew = isNewCampaign(base, []);
  const troubles = ['.', ...DIRECTORIES].flatMap((directory) => troubleWith(base, directory, isNew));
  if (troubles.length > 0) return [...troubles, ...examineFileSystem(base)];
  return [
    ok('directories', `${base}: all there, and this user may write`),
    ...examineFileSystem(base),
    ...strangers(base),
  ];
}

function troubleWith(base: string, directory: string, isNew: boolean): Check[] {
  const target = path.join(base, directory);
  const fail = (why: string, cure: string): Check[] => [failed('directories', 'spool', `${target} ${why}`, cure)];
  const stat = fs.statSync(target, { throwIfNoEntry: false });
  if (stat === undefined)
    return isNew ? [] : fail('is missing', `if nothing was lost with it: mkdir -p '${target}'; else bring it back`);
  if (!stat.isDirectory()) return fail('is no directory', 'move it elsewhere, and make the directory');
  try {
    fs.accessSync(target, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
    return [];
  } catch {
    return fail('cannot be written by this user', `chmod u+rwx '${target}', or run as its owner`);
  }
}

/** One file system, with room, on which a rename is what the programs think it is. */
function examineFileSystem(base: string): Check[] {
  const device = fs.statSync(base).dev;
  const elsewhere = DIRECTORIES.filter((directory) => {
    const stat = fs.statSync(path.join(base, directory), { throwIfNoEntry: false });
    return stat !== undefined && stat.dev !== device;
  });
  const { bavail, bsize, files, ffree, type } = fs.statfsSync(base);
  return [
    elsewhere.length === 0
      ? ok('file system', 'one for the whole spool')
      : failed(
          'file system',
          'spool',
          `${elsewhere.join(', ')} ${elsewhere.length === 1 ? 'is' : 'are'} on another one than ${base}: a list cannot be moved there in one step`,
          'put TODO, DOING and DONE on one file system',
        ),
    ...(type === FUSE
      ? [warning('file system', 'it is mounted by FUSE', 'EOS is not promised: use AFS, NFSv4 or a local disk')]
      : []),
    judgeSpace(bavail * bsize, files === 0 ? null : ffree),
  ];
}

/** What stands in the spool and is no list, and lists that stand twice. */
function strangers(base: string): Check[] {
  const spool = new Spool(base);
  const strange = PLACES.flatMap((place) => spool.listing(place).strange);
  const doing = new Set(spool.listing('DOING').lists);
  const long = (['TODO', 'DOING'] as const).flatMap((place) =>
    spool.listing(place).lists.flatMap((name) => {
      const why = whyTooLong(name);
      return why === null
        ? []
        : [warning('spool', `the name of ${place}/${name} ${why}`, 'give it a shorter name, unless FTS has it')];
    }),
  );
  const twice = spool.listing('TODO').lists.filter((name) => doing.has(name));
  return [
    ...(strange.length === 0
      ? []
      : [warning('spool', `left alone, no lists: ${named(strange, 5)}`, 'move them out of the spool')]),
    ...long,
    ...(twice.length === 0
      ? []
      : [
          failed(
            'spool',
            'person',
            `in TODO and in DOING: ${named(twice, 5)}`,
            'compare them and remove the one too many',
          ),
        ]),
  ];
}

export function examineLease(base: string, maxRunMinutes: number, env: NodeJS.ProcessEnv): Check[] {
  const state = leaseState(base, env);
  if (state === null) return [ok('lease', 'free: no program ever ran here')];
  const { held, holder, ageSeconds } = state;
  const who = holder === null ? 'a program that did not say its name' : describeHolder(holder);
  const ago = age(ageSeconds * 1000);
  if (held && ageSeconds > maxRunMinutes * 60)
    return [
      warning(
        'lease',
        `held by ${who}, for ${ago}: longer than a run may take`,
        'if that host or process is gone: node dist/misc/unlock.js --yes',
      ),
    ];
  if (held) return [ok('lease', `held by ${who}`)];
  if (ageSeconds < SILENT_SECONDS || !hasWork(base)) return [ok('lease', `free; the last run was ${ago} ago`)];
  return [
    warning(
      'lease',
      `free, and nothing has run for ${ago} although lists wait`,
      'see whether cron starts the programs',
    ),
  ];
}

function hasWork(base: string): boolean {
  const spool = new Spool(base);
  return (['TODO', 'DOING'] as const).some((place) => spool.listing(place).lists.length > 0);
}

/** @throws SpoolError when the database cannot be used */
export function examineDatabase(base: string): { checks: Check[]; database: CampaignDatabase } {
  const database = openReadOnly(base, new Spool(base).listing('DOING').lists);
  const { notOurs } = database;
  if (typeof notOurs === 'string')
    return {
      checks: [failed('database', 'spool', notOurs, 'docs/FROM_THE_ORIGINAL.md says how, step by step')],
      database,
    };
  return { checks: [identity(base, database), ...examineJournal(database)], database };
}

function identity(base: string, { db }: CampaignDatabase): Check {
  const uuid = campaign(db)?.uuid;
  if (uuid === undefined) return ok('database', 'none yet: the first run makes it');
  const file = path.join(base, CAMPAIGN);
  const written = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : uuid;
  if (written === uuid) return ok('database', `checked, of campaign ${uuid}`);
  return failed(
    'database',
    'spool',
    `${path.join(base, DATABASE)} is of campaign ${uuid}, ${CAMPAIGN} says ${written}`,
    `bring back the database of this campaign, or: node dist/misc/repair.js --base '${base}'`,
  );
}

function examineJournal({ db }: CampaignDatabase): Check[] {
  const entries = transitions(db);
  const aside = entries.filter((entry) => entry.aside !== null);
  if (aside.length > 0)
    return aside.map((entry) =>
      failed(
        'journal',
        'person',
        `a move of list "${entry.list}" was set aside: ${entry.aside ?? ''}`,
        'put the list where the move expects it (any program run names both places); the next run goes on with it',
      ),
    );
  if (entries.length === 0) return [ok('journal', 'empty')];
  return [ok('journal', `${plural(entries.length, 'move')} to be finished by the next run`)];
}
