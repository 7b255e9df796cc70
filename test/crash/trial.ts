/**
 * trial: kills a program at one point of a scenario, or lets one call fail, and sees whether the next runs put it
 * right.
 *
 * After the crash the invariants must hold, after the next run the stricter ones; then programs run, each when there
 * is work for it, until the campaign is settled, and it must end exactly as without the crash. With `remember`, runs
 * that go on from a footprint whose end is known already are spared: a campaign's future depends on nothing else.
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { run, type Crash, type Outcome, type RunOptions } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { runWatched, type Watched } from '../support/watched.js';
import { cursor, pending, readBooks } from './books.js';
import { ending, footprint } from './footprint.js';
import { filesOf, holdsAfterKill, holdsAfterNextRun } from './invariants.js';
import { discard, keep, later, LFN_LIST, lists, runWell, type Moment, type Scene } from './scene.js';
import { isHarmless, saysSo, type Errno } from './trouble.js';

export type Program =
  | 'producer'
  | 'consumer'
  | 'monitor'
  | 'misc/requeue'
  | 'misc/moveServer'
  | 'misc/cancel'
  | 'misc/checkSources'
  | 'misc/checkDestinations';

export interface Scenario {
  readonly name: string;
  /** The program that the crash meets, and the first to run after it. */
  readonly program: Program;
  readonly args?: readonly string[];
  /** What the program finds in its environment, beside what every child gets. */
  readonly env?: Readonly<Record<string, string>>;
  /** After a crash a list may wait for a person by design: then the invariants must hold, and the end may be another. */
  readonly mayWait?: boolean;
  /** What the runs on the way to the end may end with; by default 0. */
  readonly mayEndWith?: readonly number[];
  readonly prepare: () => Promise<Moment>;
  /** The lists at the end, the stamps left out: "DONE/Okay/FTSList.txt". */
  readonly end: readonly string[];
}

/** More runs than this mean that a campaign does not settle. */
const MOST_RUNS = 12;

/** A scenario that has been played once without a crash, and a moment of it. */
export class Trial {
  readonly scenario: Scenario;
  /** The calls of the program without a crash, as recorded: "renameSync BASE/a -> BASE/b". */
  readonly calls: readonly string[];
  private readonly moment: Moment;
  private readonly end: readonly string[];
  /** Footprints, each with the program that runs next, that are known to end well; null: every end is played. */
  private readonly known: Set<string> | null;

  private constructor(
    parts: Pick<Trial, 'scenario' | 'calls'> & { moment: Moment; end: readonly string[] },
    known: Set<string> | null,
  ) {
    this.scenario = parts.scenario;
    this.calls = parts.calls;
    this.moment = parts.moment;
    this.end = parts.end;
    this.known = known;
  }

  static async prepare(scenario: Scenario, options: { remember: boolean }): Promise<Trial> {
    const moment = await scenario.prepare();
    const scene = await moment.play();
    const { outcome, calls } = await runWatched(scenario.program, { base: scene.base, ...optionsOf(scenario) });
    assert.equal(outcome.exit, 0, `${scenario.program} without a crash: ${said(outcome)}`);
    later(scene);
    const known = new Set<string>();
    for (let next = nextProgram(scene); next !== null; next = nextProgram(scene)) {
      known.add(stateOf(next, scene));
      assert.ok(known.size < MOST_RUNS, `${scenario.name} does not settle`);
      await runWell(next, scene, {}, scenario.mayEndWith);
    }
    known.add(stateOf(scenario.program, scene));
    holdsAfterNextRun(scene);
    assert.deepEqual(listsOf(scene), scenario.end, `the end of ${scenario.name} without a crash`);
    const end = ending(scene);
    await discard(scene);
    return new Trial({ scenario, moment, calls, end }, options.remember ? known : null);
  }

  /** The same scenario, begun at another moment of it. */
  restartAt(moment: Moment): Trial {
    const { scenario, calls, end } = this;
    return new Trial({ scenario, calls, end, moment }, this.known);
  }

  /** A campaign at the moment of the scenario. */
  play(): Promise<Scene> {
    return this.moment.play();
  }

  /** The number of the first call that looks like this, counted from 1. Throws when there is none. */
  callLike(pattern: RegExp): number {
    const index = this.calls.findIndex((call) => pattern.test(call));
    assert.ok(index >= 0, `${this.scenario.name}: no call is like ${pattern}`);
    return index + 1;
  }

  /** Kills the program at its n-th call. False when it has fewer and ended by itself. */
  async kill(n: number, when: 'at' | 'after' | 'half' = 'at'): Promise<boolean> {
    const { scene, killed } = await this.killed(n, when);
    await this.named(`killed ${when} ${this.call(n)}`, () => this.mend(scene));
    await discard(scene);
    return killed;
  }

  /**
   * A trial that begins where the program was killed at its n-th call, so that its next run can be killed as well; null
   * when the campaign's footprint is in `seen` already, where a new one is put.
   */
  async after(n: number, seen = new Set<string>()): Promise<{ trial: Trial | null; killed: boolean }> {
    const { scene, killed } = await this.killed(n, 'at');
    const state = footprint(scene);
    if (seen.has(state)) {
      await discard(scene);
      return { trial: null, killed };
    }
    seen.add(state);
    return { trial: this.restartAt(await keep(scene)), killed };
  }

  /** Plays it to its end from this moment. */
  async mended(): Promise<void> {
    const scene = await this.play();
    await this.named('crashed several times', () => this.mend(scene));
    await discard(scene);
  }

  /**
   * Lets the n-th call fail, or with `from` that and every later one. False for a request, which no disk can fail.
   * Counted are the calls of the disk alone: where answers come between them differs from run to run, their own order
   * does not. `started`: in a process of its own.
   */
  async fail(n: number, errno: Errno, how: 'at' | 'from', { started = false } = {}): Promise<boolean> {
    if (isRequest(this.calls[n - 1])) return false;
    const scene = await this.play();
    const ofTheDisk = this.calls.slice(0, n).filter((call) => !isRequest(call)).length;
    const failing = { [how]: ofTheDisk, errno };
    const { outcome, calls } = started ? await this.failStarted(scene, failing) : await this.failWithin(scene, failing);
    await this.named(`failed with ${JSON.stringify(failing)}`, () => holdsAfterKill(scene));
    later(scene);
    const call = calls[ofTheDisk - 1] ?? '';
    await this.named(`with ${errno} ${how} call ${n}, ${call}`, async () => {
      assert.equal(kindOf(call), kindOf(this.calls[n - 1]), 'another call than without a crash');
      saysSo(outcome, how === 'at' && isHarmless(call), call);
      await this.mend(scene);
    });
    await discard(scene);
    return true;
  }

  private async failStarted(scene: Scene, crash: Crash): Promise<Watched> {
    const record = join(temporaryDirectory(), 'record');
    const options = { base: scene.base, ...optionsOf(this.scenario) };
    const outcome = await run(this.scenario.program, { ...options, crash: { ...crash, record } });
    return { outcome, calls: recorded(record, scene.base) };
  }

  /** On a machine that is not there any more for the next run, as the process of a started one is not. */
  private failWithin(scene: Scene, failing: Crash): Promise<Watched> {
    const { args, env } = optionsOf(this.scenario);
    const options = { base: scene.base, args, env: { ...env, C2E_BOOT_ID: 'the boot before' } };
    return runWatched(this.scenario.program, options, failing);
  }

  private async killed(n: number, when: 'at' | 'after' | 'half'): Promise<{ scene: Scene; killed: boolean }> {
    const scene = await this.play();
    const { program } = this.scenario;
    const outcome = await run(program, { base: scene.base, ...optionsOf(this.scenario), crash: { [when]: n } });
    await this.named(`killed ${when} ${this.call(n)}`, () => holdsAfterKill(scene));
    later(scene);
    const killed = outcome.signal === 'SIGKILL';
    if (!killed) assert.equal(outcome.exit, 0, `${this.scenario.name}: ${said(outcome)}`);
    return { scene, killed };
  }

  /** Lets the programs run until all is settled: it must end as without a crash. */
  private async mend(scene: Scene): Promise<void> {
    const { program, mayWait = false, mayEndWith } = this.scenario;
    const options = optionsOf(this.scenario);
    if (mayWait) {
      const outcome = await runUnharmed(program, { base: scene.base, ...options });
      assert.ok(outcome.exit === 0 || outcome.exit === 3, said(outcome));
      return holdsAfterNextRun(scene);
    }
    const seen: string[] = [];
    for (let next: Program | null = program; next !== null; next = nextProgram(scene)) {
      const state = stateOf(next, scene);
      if (this.known?.has(state) === true) return this.learn(seen);
      seen.push(state);
      assert.ok(seen.length < MOST_RUNS, 'it does not settle');
      await runWell(next, scene, next === program ? options : {}, mayEndWith);
      holdsAfterNextRun(scene);
    }
    assert.deepEqual(ending(scene), this.end, 'it ends otherwise than without a crash');
    this.learn(seen);
  }

  private learn(seen: readonly string[]): void {
    for (const state of seen) this.known?.add(state);
  }

  private call(n: number): string {
    return `call ${n}, ${this.calls[n - 1] ?? 'which it does not make without a crash'}`;
  }

  /** Says with a failure where the crash was. */
  private async named(where: string, act: () => void | Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { name, program } = this.scenario;
      throw new Error(`${name}, ${program} ${where}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** How the program of a scenario is started. */
export const optionsOf = ({ args = [], env = {} }: Scenario): Required<Pick<RunOptions, 'args' | 'env'>> => ({
  args,
  env,
});

const isRequest = (call: string | undefined): boolean => /^(request|answer)/.test(call ?? '');

/** What is called, without on what. */
const kindOf = (call: string | undefined): string | undefined => call?.split(' ')[0];

const stateOf = (next: Program, scene: Scene): string => `${next} from ${footprint(scene)}`;

/** The program that has something to do, or null when the campaign is settled. */
function nextProgram(scene: Scene): Program | null {
  const books = readBooks(scene.base);
  if (lists(scene, 'TODO').length > 0) return 'consumer';
  if (lists(scene, 'DOING').length > 0) return 'monitor';
  assert.deepEqual(pending(books), [], 'a run has left transitions in the journal');
  const left = statSync(join(scene.base, LFN_LIST)).size - cursor(books, LFN_LIST);
  return left > 0 ? 'producer' : null;
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
