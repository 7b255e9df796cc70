/**
 * carried: lists of a campaign that was taken over from the original program, which are to go from DOING to TODO: first
 * every server is asked whether it carries them all the same (servers/gate.ts). One whose job is found stays, and the
 * rules see it.
 */
import { parseList } from '../lists/list.js';
import * as listRows from '../database/listRows.js';
import type { Run } from '../run/program.js';
import type { Gate } from '../servers/gate.js';

/** Those of these lists that may go, in their order; `adopted` hears of each whose job was found. Without a gate: all. */
export async function withoutCarried<List extends { readonly name: string }>(
  run: Run,
  gate: Gate | null,
  lists: readonly List[],
  adopted: (name: string) => void,
): Promise<readonly List[]> {
  if (gate === null) return lists;
  const free: List[] = [];
  for (const list of lists) {
    const { name } = list;
    const answer = gate.mustWait(name, listRows.list(run.db, name)) ? null : await ask(run, gate, name);
    if (answer === 'free') free.push(list);
    else if (answer === 'adopted') adopted(name);
  }
  return free;
}

/** Null: it stays, which is said. A crash before the commit leaves a list that is asked about again. */
async function ask(run: Run, gate: Gate, name: string): Promise<'free' | 'adopted' | null> {
  const read = run.spool.read('DOING', name);
  if ('why' in read) {
    run.summary.list({ list: name, action: 'skipped' });
    run.summary.needsAttention(`Cannot read list "${name}" in DOING: ${read.why}; make it a readable regular file`);
    return null;
  }
  const parsed = parseList(read.bytes);
  const found = await gate.ask(name, 'DOING', parsed);
  if (found === null || found === 'free') return found;
  const { session, job } = found;
  run.summary.warn(
    `${run.dryRun ? 'Would adopt' : 'Adopted'} job ${job.id} on ${session.name} for list "${name}" in DOING: the original program had submitted it`,
  );
  if (run.dryRun) {
    run.summary.list({ list: name, action: 'adopted', jobId: job.id, server: session.name });
    return null;
  }
  const rows = gate.adoption(name, parsed, found);
  run.journal.commit(() => rows(run.db));
  return 'adopted';
}
