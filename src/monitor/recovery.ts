/**
 * recovery: lists whose row and place disagree, as the monitor meets them.
 *
 * A list in DOING without a row may have a job all the same (a lost database): its sids are looked for on every
 * server, and only when every server has said no does rule 1 apply. A list whose answer was lost is looked for at its
 * own server. Lists that are gone are named.
 */
import { parseList } from '../lists/list.js';
import { isFinal } from '../rules/states.js';
import { listPath, PLACES } from '../lists/transition.js';
import type { JobRow, ListRow } from '../ftsJob.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { look, lookAt, submittingOf } from '../servers/look.js';
import { chooseJob, findAttempts, record, type FoundJob } from '../servers/jobSearch.js';
import type { Run } from '../run/program.js';
import type { Servers } from '../servers/servers.js';
import { moveToTodo } from './lostLists.js';

/** Lists that are not with FTS: somebody moved them to DOING by hand. */
export function moveBack(run: Run, lists: readonly { readonly name: string }[]): void {
  const { db } = run;
  moveToTodo(
    run,
    lists,
    ({ name }) => {
      if (listRows.list(db, name)?.state === 'SETTLED') listRows.setFailures(db, name, 0);
      listRows.setState(db, name, 'WAITING', run.now().getTime());
    },
    ({ name }) => {
      run.summary.list({ list: name, action: 'moved', to: [listPath('TODO', name)] });
      run.summary.warn(
        `${run.dryRun ? 'Would move' : 'Moved'} list "${name}" from DOING to TODO: FTS has no job of it`,
      );
    },
  );
}

/**
 * A list in DOING without a row. `adopted`: its row is there now; `lost`: no server has a job of it; `unsure`: some
 * server could not be asked, or what was found needs a person.
 */
export async function lookForJobs(run: Run, servers: Servers, name: string): Promise<'adopted' | 'lost' | 'unsure'> {
  const endpoints = servers.all().map((server) => server.endpoint);
  const found = await findAttempts(servers, endpoints, { campaign: run.campaign, name });
  if ('unasked' in found) {
    const why = servers.whyExcluded(found.unasked) ?? 'unknown';
    return unsure(run, name, `${servers.nameOf(found.unasked)} cannot be asked (${why})`);
  }
  const verdict = chooseJob(found);
  if (verdict.kind === 'none') return 'lost';
  if (verdict.kind === 'several') {
    const ids = found.map((each) => each.job.id).join(', ');
    return unsure(run, name, `it has several jobs (${ids}): cancel all but one`);
  }
  adopt(run, name, verdict.latest, verdict.failures);
  return 'adopted';
}

/** The row that was lost, from the job itself and from the list's own comments. */
function adopt(run: Run, name: string, found: FoundJob, earlier: number): void {
  const { db, campaign } = run;
  const read = run.spool.read('DOING', name);
  const parsed = 'bytes' in read ? parseList(read.bytes) : null;
  const failures = (parsed?.origin.failures ?? 0) + earlier;
  const known = { failures, transfers: parsed?.transfers.length ?? 0, now: run.now().getTime() };
  write(run, () => record(db, { campaign, name }, found, known));
  run.summary.warn(
    `${run.dryRun ? 'Would adopt' : 'Adopted'} job ${found.job.id} on ${found.session.name} for list "${name}" in DOING, which had no record`,
  );
}

/** A list in DOING whose answer was lost. `adopted`: FTS has it; `absent`: not seen there, so the consumer repeats it. */
export async function lookAgain(run: Run, servers: Servers, job: JobRow): Promise<'adopted' | 'absent' | 'unsure'> {
  const { list: name, attempt } = job;
  const session = await servers.session(job.endpoint);
  if (session === null)
    return unsure(run, name, `${job.server} cannot be asked (${servers.whyExcluded(job.endpoint) ?? 'unknown'})`);
  const after = await lookAt(servers, session, submittingOf(run.campaign, job));
  if (after.kind === 'repeat') return 'absent';
  if (after.kind === 'adopt') {
    const now = run.now().getTime();
    write(run, () => {
      listRows.setState(run.db, name, 'SUBMITTED', now);
      jobRows.setSubmitted(run.db, name, attempt, job.jobId, now);
    });
    return 'adopted';
  }
  const wayOut = `; a person's way out: node dist/misc/moveServer.js ${name} --abandon`;
  return unsure(run, name, after.kind === 'hold' ? after.why + wayOut : after.why);
}

function unsure(run: Run, name: string, why: string): 'unsure' {
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(
    `Cannot tell whether FTS has list "${name}" in DOING: ${why}; nothing is done, the next run looks again`,
  );
  return 'unsure';
}

/** Lists with an open row that stand neither in TODO nor in DOING: somebody took them away. */
export async function nameGone(run: Run, servers: Servers, gone: readonly ListRow[]): Promise<void> {
  for (const list of gone) {
    const job = jobRows.job(run.db, list.name, list.attempt);
    const place = PLACES.find((each) => run.spool.exists(each, list.name));
    const where = place === undefined ? '' : ` (it stands in ${place})`;
    const what = `List "${list.name}" is neither in TODO nor in DOING${where}`;
    if (list.state !== 'SUBMITTING') {
      const sent = list.state === 'SUBMITTED' && job !== null ? `; FTS has its job ${job.jobId} on ${job.server}` : '';
      nameOnce(run, list, `${what}${sent}: put it back, or leave it: it is not named again`);
    } else if (job !== null) {
      const state = await stateOf(servers, job);
      if (state !== null && !isFinal(state))
        run.summary.needsAttention(
          `${what}, but its job ${job.jobId} is ${state} at ${job.server}: put the list back into DOING, or cancel the job: fts-rest-transfer-cancel -s ${job.endpoint} ${job.jobId}`,
        );
      else
        nameOnce(
          run,
          list,
          `${what}, and the answer to its submission was lost: put it back into TODO, or leave it: it is not named again`,
        );
    }
  }
}

/** Null: its server has no such job, or cannot be asked. */
async function stateOf(servers: Servers, { endpoint, jobId }: JobRow): Promise<string | null> {
  const session = await servers.session(endpoint);
  const found = session === null ? null : await look(servers, session, jobId);
  return found?.kind === 'job' ? found.job.state : null;
}

function nameOnce(run: Run, list: ListRow, message: string): void {
  if (list.said === 'gone') return;
  run.summary.needsAttention(message);
  write(run, () => listRows.setSaid(run.db, list.name, 'gone', run.now().getTime()));
}

function write(run: Run, rows: () => void): void {
  if (!run.dryRun) run.journal.commit(rows);
}
