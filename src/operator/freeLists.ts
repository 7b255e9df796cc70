/**
 * freeLists: the lists in TODO that a person's script may take apart: FTS has not got them, for sure.
 *
 * Lists whose submission may have arrived are left to the consumer, which looks for their jobs.
 */
import path from 'node:path';
import { parseList, type ParsedList } from '../lists/list.js';
import { byAge, whyTooLong } from '../lists/names.js';
import { nextStep, whereIs } from '../rules/placement.js';
import * as listRows from '../database/listRows.js';
import type { Run } from '../run/program.js';
import { sha256 } from '../spool/digest.js';

/** A list in TODO as it was read. */
export interface FreeList {
  readonly name: string;
  readonly sha256: string;
  readonly parsed: ParsedList;
  readonly failures: number;
}

/**
 * `given`: names of lists, as a shell completes them; none: all. Those that were named and may not be changed are named
 * in the summary; `instead`: what to do with one that does not stand in TODO.
 */
export function freeLists(run: Run, given: readonly string[], instead = ''): FreeList[] {
  const { db } = run;
  const names = given.length > 0 ? given.map((name) => path.basename(name)) : run.spool.listing('TODO').lists;
  const lists: FreeList[] = [];
  for (const name of [...new Set(names)].sort(byAge)) {
    const row = listRows.list(db, name);
    const inTodo = run.spool.exists('TODO', name);
    const next = nextStep(row?.state ?? 'none', whereIs(inTodo, run.spool.exists('DOING', name)));
    const read = run.spool.read('TODO', name);
    const tooLong = whyTooLong(name);
    const isFree =
      inTodo && tooLong === null && (next === 'submit' || next === 'submit afresh') && !run.journal.isAside(name);
    if (isFree && 'bytes' in read) {
      const parsed = parseList(read.bytes);
      const failures = next === 'submit afresh' ? 0 : (row?.failures ?? parsed.origin.failures ?? 0);
      lists.push({ name, sha256: sha256(read.bytes), parsed, failures });
    } else if (given.length > 0) {
      const why = !inTodo
        ? `it does not stand in TODO${instead}`
        : 'why' in read
          ? read.why
          : tooLong !== null
            ? `its name ${tooLong}; give it a shorter name`
            : 'FTS may have it; run the consumer first';
      run.summary.list({ list: name, action: 'skipped' });
      run.summary.needsAttention(`Cannot check list "${name}": ${why}`);
    }
  }
  return lists;
}
