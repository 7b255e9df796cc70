/**
 * exhaustive: the whole proof of the crashes, for `npm run prove`.
 *
 *   1. every kind of run is killed before each of its calls, after each commit and request, and in the middle of each write
 *      (between one call and the next nothing changes, so after any other call is before the next)
 *   2. each call fails with ENOSPC and with EIO, from each commit on every call fails with ENOSPC (with `--nightly` from each
 *      call on), and once for each kind of call EACCES, EROFS and EMFILE
 *   3. runs are killed again and again: from every state in which a kill has left the campaign the next run is killed at
 *      each of its calls, until no state is new: a cancelling one, with `--nightly` three more, which take many minutes
 *
 *   4. misc/repair and misc/takeOver are killed before each of their calls
 *
 * Each time the invariants must hold, and the campaign must end as without the crash. States with the same footprint
 * go on alike, so one end is played for each; `--nightly` plays them all. Words choose the scenarios whose names have
 * them (`node build/crash/exhaustive.js again`), and `--once` leaves out the third part. Prints the counts for each
 * program and transition; a failure is printed and the rest goes on. Exit status 1 if anything failed.
 */
import { availableParallelism } from 'node:os';

import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { killRepair } from './killedRepair.js';
import { killTakeOver } from './killedTakeOver.js';
import { stopAll } from './scene.js';
import { ALL, cancelled, dirty, movedWithItsJob, submitted } from './scenarios.js';
import { Trial, type Scenario } from './trial.js';
import type { Errno } from './trouble.js';

const nightly = process.argv.includes('--nightly');
const remember = !nightly;
const failures: string[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Whether it held; true also when it failed, so that the count goes on. */
async function attempt(act: () => Promise<boolean>): Promise<boolean> {
  try {
    return await act();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    failures.push(message);
    say(`FAILED  ${message}`);
    return true;
  }
}

const RARE: readonly Errno[] = ['EACCES', 'EROFS', 'EMFILE'];

/** The kinds of calls that the rare errors have met already: one kind is the same call of any program, whatever the list. */
const met = new Set<string>();

function isFirstOfItsKind(call: string): boolean {
  const kind = call.replaceAll(/D?(R-)?FTSList-\d{8}-\d{6}-\d{4}/g, 'LIST').replaceAll(/\d+/g, 'N');
  return met.size !== met.add(kind).size;
}

/** The errors of the disk that a call meets. */
function errorsFor(call: string): [Errno, 'at' | 'from'][] {
  const from: [Errno, 'from'][] = nightly || call.startsWith('commit') ? [['ENOSPC', 'from']] : [];
  const rare = isFirstOfItsKind(call) ? RARE.map((errno): [Errno, 'at'] => [errno, 'at']) : [];
  return [['ENOSPC', 'at'], ['EIO', 'at'], ...from, ...rare];
}

/** How many calls were killed before, after and halfway, and how many failed. */
async function everyCall(scenario: Scenario): Promise<string> {
  const trial = await Trial.prepare(scenario, { remember });
  const counts = { before: 0, after: 0, halfway: 0, 'disk errors': 0 };
  for (const [index, call] of trial.calls.entries()) {
    const n = index + 1;
    if (await attempt(() => trial.kill(n))) counts.before += 1;
    if (/^(commit|request|answer)/.test(call) && (await attempt(() => trial.kill(n, 'after')))) counts.after += 1;
    if (call.startsWith('write') && (await attempt(() => trial.kill(n, 'half')))) counts.halfway += 1;
    for (const [errno, how] of errorsFor(call))
      if (await attempt(() => trial.fail(n, errno, how, { started: true }))) counts['disk errors'] += 1;
  }
  await attempt(async () => {
    if (await trial.kill(trial.calls.length + 1)) throw new Error(`${scenario.name}: more calls than were recorded`);
    return false;
  });
  const numbers = Object.entries(counts).map(([what, count]) => `${String(count).padStart(3)} ${what}`);
  return `${scenario.program.padEnd(8)}  ${numbers.join(', ')}  ${scenario.name}`;
}

/** A run after a crash has to redo what is left and then to do its own work; more calls than this are a failure. */
const MOST_CALLS = 200;

const AGAIN = ', killed again and again';

/** Kills after kills after kills, until no state is new. */
async function againAndAgain(scenario: Scenario): Promise<string> {
  const first = await Trial.prepare(scenario, { remember });
  const seen = new Set<string>();
  const open = [first];
  let kills = 0;
  for (let trial = open.shift(); trial !== undefined; trial = open.shift()) {
    const from = trial;
    for (let n = 1, more = true; more && n <= MOST_CALLS; n += 1)
      more = await attempt(async () => {
        const { trial: next, killed } = await from.after(n, seen);
        if (killed) kills += 1;
        if (next !== null && killed) open.push(next);
        await next?.mended();
        return killed;
      });
  }
  return `${scenario.program.padEnd(8)}  ${kills} kills from ${seen.size} states  ${scenario.name}${AGAIN}`;
}

/** Programs with beginnings of their own. */
const ALONE = {
  'misc/repair of a damaged database': killRepair,
  'misc/takeOver of a campaign of the original program': killTakeOver,
} as const;

async function everyCallOf(name: keyof typeof ALONE): Promise<string> {
  const server = await startRehearsalServer({
    name: 'RAL',
    script: () => ({ state: 'FINISHED', seconds: 30 * 86_400 }),
  });
  let kills = 0;
  await attempt(async () => {
    ({ kills } = await ALONE[name](server, () => true));
    return true;
  });
  await server.stop();
  return `${kills} before  ${name}`;
}

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const isChosen = (name: string): boolean => words.every((word) => name.includes(word));

const once = process.argv.includes('--once');
const again =
  nightly || words.includes('again') ? [dirty, submitted, movedWithItsJob, cancelled] : once ? [] : [cancelled];

/** The longest first, so that no core waits for them at the end. */
const jobs = [
  ...again.filter(({ name }) => isChosen(name + AGAIN)).map((scenario) => () => againAndAgain(scenario)),
  ...(Object.keys(ALONE) as (keyof typeof ALONE)[]).filter(isChosen).map((name) => () => everyCallOf(name)),
  ...ALL.filter(({ name }) => isChosen(name)).map((scenario) => () => everyCall(scenario)),
];

async function worker(): Promise<void> {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) say(await job());
}

const began = performance.now();
await Promise.all(Array.from({ length: availableParallelism() }, worker));
await stopAll();
say(
  `${failures.length === 0 ? 'All of it holds' : `${failures.length} failures`}, ${Math.round((performance.now() - began) / 1000)} s`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
