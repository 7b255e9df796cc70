/**
 * main: the power is cut at any moment of every kind of run, for `npm run prove`.
 *
 * Every state in which the disk may be is replayed with the programs' own redo, under both models of a rename; and some
 * of them, spread over the run, with whole programs and servers until the campaign is settled (with `--nightly` all).
 * Words choose the scenarios whose names have them. A failure is printed and the rest goes on; exit status 1 if
 * anything failed.
 */
import { availableParallelism } from 'node:os';

import { discard, momentOf, obeyedRequests, stopAll, type Moment, type Scene } from '../crash/scene.js';
import { ALL, batchSettled, dirty } from '../crash/scenarios.js';
import { Trial, type Scenario } from '../crash/trial.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { record, type Outage, type State } from './outage.js';
import { replay, writeState } from './replay.js';

/** So many of the states of one run are played with whole programs. */
const PLAYED = 8;

const nightly = process.argv.includes('--nightly');
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let failures = 0;

async function attempt(what: string, act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    failures += 1;
    say(`FAILED  ${what}: ${(error as Error).message}`);
  }
}

interface Job {
  readonly scenario: Scenario;
  /** What the run had done when it was killed first, if it was: the power is cut during the run that finishes it. */
  readonly killedAt?: RegExp;
}

const JOBS: readonly Job[] = [
  ...ALL.map((scenario) => ({ scenario })),
  ...[
    /^renameSync BASE\/DONE\/Bad/,
    /^fsyncSync BASE\/DONE\/Okay$/,
    /^renameSync BASE\/DOING/,
    /^fsyncSync BASE\/DOING$/,
  ].map((killedAt) => ({ scenario: dirty, killedAt })),
  { scenario: batchSettled, killedAt: /^fsyncSync BASE\/DOING$/ },
];

async function outage({ scenario, killedAt }: Job): Promise<string> {
  const trial = await Trial.prepare(scenario, { remember: true });
  const kill = killedAt === undefined ? undefined : trial.callLike(killedAt);
  const name = `${scenario.name}${kill === undefined ? '' : `, finished after a kill at call ${kill}, ${String(killedAt)}`}`;
  const scene = await trial.play();
  const obeyed = scene.servers.map((server) => obeyedRequests(server).length);
  const recorded = await record(scenario, scene, kill);
  await discard(scene);
  let replayed = 0;
  for (const renames of ['whole', 'torn'] as const)
    for (const state of recorded.states(renames)) {
      await attempt(`${name}, ${state.after}, ${renames} renames`, () => replay(state, scene.byHand, renames));
      replayed += 1;
    }
  await attempt(name, () => allIsSynced(recorded));
  const played = scenario.mayWait === true ? [] : chosen([...recorded.states('whole')]);
  for (const state of played)
    await attempt(`${name}, ${state.after}, played to the end`, () =>
      trial.restartAt(moment(state, scene, obeyed)).mended(),
    );
  return `${String(replayed).padStart(4)} disk states, ${played.length} of them played to the end  ${name}`;
}

function allIsSynced(recorded: Outage): void {
  const left = recorded.unsyncedAtTheEnd();
  if (left.length > 0) throw new Error(`not synced when the program ended: ${left.join(', ')}`);
}

/** Some of them, spread evenly, the first and the last among them. */
function chosen(states: readonly State[]): readonly State[] {
  if (nightly || states.length <= PLAYED) return states;
  const indexes = Array.from({ length: PLAYED }, (_, n) => Math.round((n * (states.length - 1)) / (PLAYED - 1)));
  return indexes.flatMap((index) => states[index] ?? []);
}

/** The servers had obeyed what they were asked before the recording, and as many of the later requests as had been sent. */
function moment(state: State, scene: Scene, before: readonly number[]): Moment {
  const base = temporaryDirectory();
  writeState(state, base);
  const obeyed = scene.servers.map((server, index) =>
    obeyedRequests(server).slice(0, (before[index] ?? 0) + (state.requests.get(server.url) ?? 0)),
  );
  return momentOf({ ...scene, base }, obeyed);
}

const open = JOBS.filter(({ scenario }) => words.every((word) => scenario.name.includes(word)));

async function worker(): Promise<void> {
  for (let job = open.shift(); job !== undefined; job = open.shift()) {
    const { scenario } = job;
    await attempt(scenario.name, async () => say(await outage(job)));
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, worker));
await stopAll();
process.exitCode = failures === 0 ? 0 : 1;
