/**
 * replaceDatabase: puts a new database in the place of a lost or damaged one, which is kept.
 *
 * The new one is whole on disk before the old one moves. In between the database is missing, so that no program does
 * anything (exit 4); a repair that was killed there is finished by the next one. What SQLite left beside the old file
 * moves with it: rolled back into the new one it would damage that.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Db } from '../ftsJob.js';
import { DATABASE, sizeOf } from '../database/check.js';
import { isSaved, save } from './health.js';
import { SIDE_FILES } from './salvage.js';
import { diskTrouble, syncDirectory } from '../disk.js';

/** Returns the name under which the old one is kept; null if there was none. `fence` throws if the lease is lost. */
export function replaceDatabase(base: string, db: Db, stamp: string, fence: () => void): string | null {
  const draft = path.join(base, draftName(stamp));
  try {
    save(db, draft);
    fence();
    const kept = keepOld(base, stamp);
    fs.renameSync(draft, path.join(base, DATABASE));
    syncDirectory(base);
    return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw diskTrouble('write', draft, error);
  }
}

/** Finish a repair that was killed between its renames; drafts of one that came less far are removed. */
export function finishReplacing(base: string): boolean {
  const stamps = fs.readdirSync(base).flatMap((name) => DRAFT.exec(name)?.[1] ?? []);
  let finished = false;
  for (const stamp of stamps.sort()) {
    const draft = path.join(base, draftName(stamp));
    const missing = !fs.existsSync(path.join(base, DATABASE));
    if (missing && fs.existsSync(path.join(base, keptName(stamp))) && isSaved(draft)) {
      keepOld(base, stamp);
      fs.renameSync(draft, path.join(base, DATABASE));
      finished = true;
    } else fs.rmSync(draft);
  }
  if (stamps.length > 0) syncDirectory(base);
  return finished;
}

/** The database first: from then on it is missing, and nobody opens it without what stands beside it. */
function keepOld(base: string, stamp: string): string | null {
  const kept = keptName(stamp);
  const isThere = sizeOf(path.join(base, DATABASE)) > 0;
  for (const suffix of ['', ...SIDE_FILES]) {
    const file = path.join(base, DATABASE + suffix);
    if (fs.existsSync(file)) fs.renameSync(file, path.join(base, kept + suffix));
  }
  syncDirectory(base);
  return isThere ? kept : null;
}

const DRAFT = new RegExp(`^${DATABASE.replaceAll('.', '\\.')}\\.draft-(\\d{8}-\\d{6})$`);
const draftName = (stamp: string): string => `${DATABASE}.draft-${stamp}`;
const keptName = (stamp: string): string => `${DATABASE}.damaged-${stamp}`;
