/**
 * record: what a server was given to carry and what it carried, and the proof that nothing was carried twice.
 */
import type { StoredJob } from './jobs.js';
import type { Submission } from '../options.js';
import { copies, look, settledAt } from '../behaviour/timeline.js';
import { jobNow } from './jobs.js';

/** A job as it stands at `now`. */
export function submissionOf(server: string, job: StoredJob, now: number): Submission {
  const seen = jobNow(job, now);
  return {
    server,
    jobId: job.id,
    sid: job.parameters.sid,
    vo: job.vo,
    userDn: job.userDn,
    acceptedAt: job.submitted,
    metadata: job.metadata,
    state: seen.state,
    transfers: job.files.map(({ index, source, destination, timeline }) => {
      const { state } = look(timeline, now);
      // A source that was not needed is settled with its job.
      const settled = state === 'NOT_USED' ? seen.finished : settledAt(timeline, now);
      return { index, source, destination, state, carriedOut: copies(timeline, now), settledAt: settled };
    }),
  };
}

/**
 * What went against "nothing is submitted twice", over all jobs of all servers of a rehearsal, one sentence each: a
 * transfer that finished twice, or that a server accepted while an earlier job could still carry it out.
 */
export function carriedTwice(submissions: readonly Submission[]): string[] {
  const earlier = new Map<string, Carrier[]>();
  const complaints: string[] = [];
  for (const job of [...submissions].sort((one, other) => one.acceptedAt - other.acceptedAt)) {
    for (const { source, destination, state, settledAt } of job.transfers) {
      const pair = `${source} → ${destination}`;
      const carrier = { name: `job ${job.jobId} of ${job.server}`, acceptedAt: job.acceptedAt, state, settledAt };
      const before = earlier.get(pair) ?? [];
      complaints.push(...before.flatMap((other) => complaint(pair, other, carrier) ?? []));
      earlier.set(pair, [...before, carrier]);
    }
  }
  return complaints;
}

interface Carrier {
  readonly name: string;
  readonly acceptedAt: number;
  readonly state: string;
  readonly settledAt: number | null;
}

function complaint(pair: string, before: Carrier, next: Carrier): string | null {
  const accepted = `${pair}: ${next.name} was accepted`;
  if (before.settledAt === null || before.settledAt > next.acceptedAt) {
    return `${accepted} while ${before.name} could still carry it out`;
  }
  return before.state === 'FINISHED' ? `${accepted} after ${before.name} had finished it` : null;
}
