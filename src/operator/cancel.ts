/**
 * cancel: cancels the FTS jobs of lists in DOING.
 *
 * FTS is asked first which of them still go on, then a person is asked, then the jobs are cancelled. The lists stay in
 * DOING: the monitor's rule 7 names them, and requeue or moveServer sends again what had not finished.
 */
import { InvalidArgumentError, type Command } from 'commander';
import path from 'node:path';
import { choosesSomething, countsInWords, isCancellable, isChosen, type CancelChoice } from './cancelChoice.js';
import { agree, plural, readDuration, shown } from '../text/words.js';
import { isOutOfReach } from '../rules/states.js';
import { confirmed, YES, type Asking } from '../run/confirm.js';
import { DoingLists } from './doingLists.js';
import { refuseUnknown } from './knownServer.js';
import type { Lookup } from '../fts3/index.js';
import type { SubmittedList } from '../servers/look.js';
import type { Program, Run } from '../run/program.js';
import { openServers, type Servers } from '../servers/servers.js';
import { EXIT, UsageError } from '../errors.js';

interface Options extends Asking {
  readonly all?: boolean;
  readonly list: readonly string[];
  readonly server: readonly string[];
  readonly state: readonly string[];
  readonly olderThan?: number;
}

/** A job that is to be cancelled, as FTS says it is now. */
interface Going {
  readonly doing: SubmittedList;
  readonly state: string;
  readonly server: string;
}

async function cancel(run: Run, options: Options, names: readonly string[]): Promise<void> {
  const choice = choiceOf(options, names);
  for (const server of choice.servers) refuseUnknown(run, '--server', server);
  const servers = openServers(run);
  try {
    const lists = new DoingLists(run, servers);
    const going = await stillGoing(run, lists, choice);
    if (going.length === 0) return run.summary.note('no job that was chosen goes on: nothing to cancel');
    if (!(await confirmed(run, planOf(going), options))) return;
    if (run.dryRun) return;
    const chosen = going.map(({ doing }) => doing);
    const answers = await lists.cancel(chosen);
    for (const doing of chosen) tell(run, servers, doing, answers.get(doing));
    await sayOutOfReach(run, lists, answers);
    sayCounts(run, answers);
  } finally {
    await servers.close();
  }
}

function choiceOf(options: Options, names: readonly string[]): CancelChoice {
  const choice: CancelChoice = {
    all: options.all === true,
    lists: [...names, ...options.list].map((name) => path.basename(name)),
    servers: options.server.map((server) => server.replace(/\/$/, '')),
    states: options.state.map((state) => state.toUpperCase()),
    olderThanMs: options.olderThan ?? null,
  };
  if (!choosesSomething(choice))
    throw new UsageError(
      'Nothing was cancelled: nothing was chosen; name lists, or say --server, --state, --older-than or --all',
    );
  return choice;
}

/** The chosen jobs that are not final. What cannot be told of a list that was named is said. */
async function stillGoing(run: Run, lists: DoingLists, choice: CancelChoice): Promise<Going[]> {
  for (const name of choice.lists) {
    const found = lists.find(name);
    if ('why' in found) refuse(run, name, `it ${found.why}`);
  }
  const now = run.now().getTime();
  const chosen = lists.all().filter(({ job }) => isChosen(job, choice, now));
  const lookups = await lists.look(chosen);
  const going: Going[] = [];
  for (const doing of chosen) {
    const { list, job } = doing;
    const lookup = lookups.get(doing);
    const unknown = lists.whyUnknown(doing, lookup);
    if (unknown !== null) refuse(run, list.name, unknown);
    else if (lookup?.kind === 'job' && isCancellable(lookup.job.state, choice))
      going.push({ doing, state: lookup.job.state, server: job.server });
    else if (choice.lists.includes(list.name)) {
      const state = lookup?.kind === 'job' ? lookup.job.state : 'gone';
      run.summary.list({ list: list.name, action: 'kept', state, jobId: job.jobId, server: job.server });
    }
  }
  if (chosen.length > 0 && lookups.size === 0)
    run.trouble(EXIT.noServer, 'No FTS server could be asked: nothing was cancelled');
  return going;
}

function planOf(going: readonly Going[]): string[] {
  return [
    `To be cancelled: ${plural(going.length, 'job')} (${countsInWords(going)})`,
    ...shown(going.map(({ doing }) => `${doing.list.name}  ${doing.job.jobId}`)),
  ];
}

/** What FTS answered for one list. */
function tell(run: Run, servers: Servers, { list, job }: SubmittedList, answer: Lookup | undefined): void {
  const { name } = list;
  if (answer?.kind === 'job') {
    const { state } = answer.job;
    const report = { list: name, action: 'kept', state, jobId: job.jobId, server: job.server } as const;
    run.summary.list(report, list.transfers);
    run.log.info('job cancelled', report);
    if (state !== 'CANCELED')
      run.summary.warn(`Job ${job.jobId} of list "${name}" had ended before: it is ${state} (304 Not Modified)`);
  } else if (answer === undefined)
    refuse(
      run,
      name,
      `${job.server} did not answer (${servers.whyExcluded(job.endpoint) ?? run.mustStop() ?? 'unknown'}); run it again`,
    );
  else if (answer.kind === 'missing') refuse(run, name, `${job.server} has no job ${job.jobId} any more (404)`);
  else if (answer.kind === 'odd') refuse(run, name, `${job.server}: ${answer.message}; run it again`);
  else refuse(run, name, `${job.server} does not let us (403): ${answer.message}`);
}

/** Some files are copied although their job is cancelled: a person may think that they are not. */
async function sayOutOfReach(run: Run, lists: DoingLists, answers: ReadonlyMap<SubmittedList, Lookup>): Promise<void> {
  const cancelled = [...answers].flatMap(([doing, { kind }]) => (kind === 'job' ? [doing] : []));
  for (const [{ list, job }, lookup] of await lists.look(cancelled)) {
    const left = lookup.kind === 'job' ? (lookup.job.files ?? []).filter(({ state }) => isOutOfReach(state)) : [];
    const states = [...new Set(left.map(({ state }) => state))].join(' or ');
    if (left.length > 0)
      run.summary.warn(
        `Job ${job.jobId} of list "${list.name}" is cancelled, but ${plural(left.length, 'transfer')} of it ${agree(left.length, 'is', 'are')} ${states}: FTS does not cancel those, and they are copied when the storage is free or the token is there; nothing of the list is sent again before`,
      );
  }
}

function sayCounts(run: Run, answers: ReadonlyMap<SubmittedList, Lookup>): void {
  const cancelled = [...answers.values()].filter((answer) => answer.kind === 'job' && answer.job.state === 'CANCELED');
  if (cancelled.length > 0)
    run.summary.note(
      `${plural(cancelled.length, 'job')} cancelled; the lists stay in DOING: to send them again: node dist/misc/requeue.js LIST…, or elsewhere: node dist/misc/moveServer.js LIST… --to SERVER`,
    );
}

function refuse(run: Run, name: string, why: string): void {
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(`Cannot cancel the job of list "${name}": ${why}`);
}

function span(value: string): number {
  const ms = readDuration(value);
  if (ms === null) throw new InvalidArgumentError('It must be a span like 90m, 36h, 2d or 1w.');
  return ms;
}

const several = (value: string, before: string[]): string[] => [...before, value];

export const program: Program<Options> = {
  name: 'cancel',
  description: 'Cancels the FTS jobs of lists in DOING; all that is given must fit.',
  options: (command: Command) =>
    command
      .argument('[list...]', 'names of lists in DOING')
      .option('--all', 'every list in DOING')
      .option('--list <list>', 'the same as naming it (may be repeated)', several, [])
      .option('--server <server>', 'jobs at this server, by name or endpoint (may be repeated)', several, [])
      .option('--state <state>', 'jobs in this state, as FTS says it now (may be repeated)', several, [])
      .option('--older-than <span>', 'jobs submitted longer ago: 90m, 36h, 2d, 1w', span)
      .option(...YES),
  main: cancel,
};
