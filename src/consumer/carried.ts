/**
 * carried: lists of a campaign that was taken over from the original program, whose job that program has submitted and
 * nobody has recorded: they are adopted, and not sent. What may be sent passes the gate (servers/gate.ts).
 */
import { targets } from '../lists/transition.js';
import type { Run } from '../run/program.js';
import type { CarryingJob, Gate } from '../servers/gate.js';
import { sayLeftBehind, toDoing, type Candidate } from './candidate.js';

/** Those of a batch that may be sent, and how many were adopted instead. Without a gate: all. */
export async function adoptCarried(
  run: Run,
  gate: Gate | null,
  batch: readonly Candidate[],
): Promise<{ readonly free: readonly Candidate[]; readonly adopted: number }> {
  if (gate === null) return { free: batch, adopted: 0 };
  const free: Candidate[] = [];
  let adopted = 0;
  for (const candidate of batch) {
    const found = await gate.ask(candidate.name, 'TODO', candidate.parsed);
    if (found === 'free') free.push(candidate);
    else if (found !== null) {
      adopt(run, gate, candidate, found);
      adopted += 1;
    }
  }
  return { free, adopted };
}

/** A crash before the commit leaves the list in TODO, to be asked about again; after it `redo` moves it. */
function adopt(run: Run, gate: Gate, candidate: Candidate, found: CarryingJob): void {
  const { name, parsed } = candidate;
  const { session, job } = found;
  const move = toDoing(run, candidate);
  const rows = gate.adoption(name, parsed, found);
  if (!run.dryRun) run.journal.carry([move], () => rows(run.db));
  const report = { list: name, action: 'adopted', jobId: job.id, server: session.name, to: targets(move) } as const;
  run.summary.list(report, parsed.transfers.length);
  run.summary.warn(
    `${run.dryRun ? 'Would adopt' : 'Adopted'} job ${job.id} on ${session.name} for list "${name}" in TODO: the original program had submitted it`,
  );
  sayLeftBehind(run, candidate);
}
