/**
 * trial: kills a program at one point of a scenario, or lets one call fail, and sees whether the next runs put it right.
 *
 * After the crash the invariants must hold, after the next run the stricter ones; then programs run, each when there
 * is work for it, until the campaign is settled, and it must end exactly as without the crash. With `remember`, runs
 * that go on from a footprint whose end is known already are spared.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import { run, type Crash, type Outcome } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { cursor, pending, readBooks } from './books.js';
import { ending, footprint } from './footprint.js';
import { filesOf, holdsAfterKill, holdsAfterNextRun } from './invariants.js';
import { discard, later, LFN_LIST, lists, runWell, type Moment, type Scene } from './scene.js';

export type Program = 'producer' | 'consumer' | 'monitor';

export interface Scenario {
  readonly name: string;
  /** The program that the crash meets, and the first to run after it. */
  readonly program: Program;
  readonly prepare: () => Promise<Moment>;
  /** The lists at the end, the stamps left out: "DONE/Okay/FTSList.txt". */
  readonly end: readonly string[];
}

/** More runs than this mean that a campaign does not settle. */
const MOST_RUNS = 12;

/** A scenario that has been played once without a crash. */
export class Trial {
  readonly scenario: Scenario;
  readonly moment: Moment;
  /** The calls of the program, as recorded: "renameSync BASE/a -> BASE/b". */
  readonly calls: readonly string[];
  private readonly end: readonly string[];
  private readonly known = new Set<string>();
  private readonly remember: boolean;

  private constructor(
    scenario: Scenario,
    moment: Moment,
    remember: boolean,
    seen: { calls: string[]; end: string[]; known: string[] },
  ) {
    this.scenario = scenario;
    this.moment = moment;
    this.remember = remember;
    this.calls = seen.calls;
    this.end = seen.end;
    for (const each of seen.known) this.known.add(each);
  }

  static async prepare(scenario: Scenario, options: { remember: boolean }): Promise<Trial> {
    const moment = await scenario.prepare();
    const scene = await moment.play();
    const record = join(temporaryDirectory(), 'record');
    const { exit, stdout, stderr } = await run(scenario.program, { base: scene.base, crash: { record } });
    assert.equal(exit, 0, `${scenario.program} without a crash:\n${stdout}${stderr}`);
    const calls = recorded(record, scene.base);
    const known: string[] = [];
    for (let runs = 0, next = nextProgram(scene); next !== null; runs += 1, next = nextProgram(scene)) {
      assert.ok(runs < MOST_RUNS, `${scenario.name} does not settle`);
      known.push(`${next} from ${footprint(scene)}`);
      await runWell(next, scene);
    }
    known.push(`${scenario.program} from ${footprint(scene)}`);
    holdsAfterNextRun(scene);
    assert.deepEqual(listsOf(scene), scenario.end, `the end of ${scenario.name} without a crash`);
    const end = ending(scene);
    await discard(scene);
    return new Trial(scenario, moment, options.remember, { calls, end, known });
  }

  /** Kills the program at its n-th call. Returns false when it has fewer. */
  async kill(n: number, when: 'at' | 'after' | 'half' = 'at'): Promise<boolean> {
    const scene = await this.moment.play();
    const outcome = await this.crash(scene, { [when]: n });
    if (outcome.signal !== 'SIGKILL') assert.equal(outcome.exit, 0, said(outcome));
    await this.named(`killed ${when} call ${n}, ${this.calls[n - 1]}`, () => this.mend(scene));
    await discard(scene);
    return outcome.signal === 'SIGKILL';
  }

  /** Runs the program of the scenario with a crash; the invariants must hold after it. */
  async crash(scene: Scene, crash: Crash): Promise<Outcome> {
    const outcome = await run(this.scenario.program, { base: scene.base, crash });
    await this.named(`crashed with ${JSON.stringify(crash)}`, () => holdsAfterKill(scene));
    later(scene);
    timePasses(scene.base);
    return outcome;
  }

  /** Lets the programs run until all is settled: it must end as without a crash. */
  async mend(scene: Scene): Promise<void> {
    const seen: string[] = [];
    for (let next: Program | null = this.scenario.program; next !== null; next = nextProgram(scene)) {
      const state = `${next} from ${footprint(scene)}`;
      if (this.remember && this.known.has(state)) return this.learn(seen);
      seen.push(state);
      assert.ok(seen.length < MOST_RUNS, 'it does not settle');
      await runWell(next, scene);
      holdsAfterNextRun(scene);
    }
    assert.deepEqual(ending(scene), this.end, 'it ends otherwise than without a crash');
    this.learn(seen);
  }

  private learn(seen: readonly string[]): void {
    for (const state of seen) this.known.add(state);
  }

  /** Says with a failure where the crash was. */
  private async named(where: string, act: () => void | Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw new Error(`${this.scenario.name}, ${this.scenario.program} ${where}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

/** The program that has something to do, or null when the campaign is settled. */
function nextProgram(scene: Scene): Program | null {
  const books = readBooks(scene.base);
  if (lists(scene, 'TODO').length > 0) return 'consumer';
  if (lists(scene, 'DOING').length > 0) return 'monitor';
  assert.deepEqual(pending(books), [], 'a run has left transitions in the journal');
  const left = statSync(join(scene.base, LFN_LIST)).size - cursor(books, LFN_LIST);
  return left > 0 ? 'producer' : null;
}

/** A lease that was taken and never held is free ten seconds later: a test does not wait for them. */
function timePasses(base: string): void {
  const directory = join(base, '.lease');
  mkdirSync(directory, { recursive: true });
  const past = Date.now() / 1000 - 60;
  for (const number of readdirSync(directory)) utimesSync(join(directory, number), past, past);
}

/** The calls in a record, without their numbers, the base directory as BASE. */
export function recorded(record: string, base: string): string[] {
  const lines = readFileSync(record, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.replaceAll(base, 'BASE').replace(/^\d+ /, ''));
}

function listsOf(scene: Scene): string[] {
  const all = filesOf(scene.base).filter((file) => /^(TODO|DOING|DONE)\/.*\.txt$/.test(file));
  return all.map((file) => file.replace(/-\d{8}-\d{6}-\d{4}/, ''));
}

export const said = ({ exit, signal, stdout, stderr }: Outcome): string => `${exit ?? signal}:\n${stdout}${stderr}`;
