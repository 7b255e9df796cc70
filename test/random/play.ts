/**
 * play: plays a random campaign with the real programs, and judges it.
 *
 * After each event nothing may be lost and nothing submitted twice, however it ended; after a run that was not killed nothing
 * may be half done. At the end the servers behave, somebody removes the copies, and the programs run until all is settled:
 * then every transfer must stand where the model says.
 */
import assert from 'node:assert/strict';
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { Fault } from '../../dist/rehearsal/options.js';
import { cursor, pending, readBooks } from '../crash/books.js';
import { holdsAfterKill, holdsAfterNextRun } from '../crash/invariants.js';
import { ageLeases, discard, later, LFN_LIST, lists, newScene, type Scene } from '../crash/scene.js';
import { said } from '../crash/trial.js';
import { run, type Crash } from '../support/runProgram.js';
import { Model } from './model.js';
import { Person } from './person.js';
import type { Event, Plan, Program } from './plan.js';

/** Four failures, each met by a run of consumer and monitor, of lists that go out two at a time. */
const MOST_ROUNDS = 60;
const PROGRAMS = ['producer', 'consumer', 'monitor'] as const;

export async function playPlan(plan: Plan): Promise<void> {
  const scene = await newScene(plan.lines);
  try {
    await new Campaign(scene, plan).play();
  } finally {
    await discard(scene);
  }
}

class Campaign {
  private readonly scene: Scene;
  private readonly plan: Plan;
  private readonly model = new Model();
  private readonly person: Person;
  private readonly down = new Set<number>();
  /** A list that stands twice by a person's hand. */
  private copied = false;

  constructor(scene: Scene, plan: Plan) {
    this.scene = scene;
    this.plan = plan;
    this.person = new Person(scene, this.model);
    this.model.append(plan.lines);
  }

  async play(): Promise<void> {
    this.settings();
    for (const [index, event] of this.plan.events.entries())
      await named(`event ${index + 1} (${JSON.stringify(event)})`, () => this.happens(event));
    await named('at the end', () => this.settles());
    this.model.judge(this.scene.base);
  }

  private async happens(event: Event): Promise<void> {
    switch (event.kind) {
      case 'run':
        return this.run(event.program);
      case 'killed':
        return this.run(event.program, { [event.when]: event.n });
      case 'two at once':
        await Promise.all(event.programs.map((program) => this.started(program)));
        return this.judge(true);
      case 'faults':
        return this.server(event.server).setFaults([faultOf(event)]);
      case 'no more faults':
        return this.scene.servers.forEach((server) => server.setFaults([]));
      case 'server down':
        return this.setDown(event.server, true);
      case 'server up':
        return this.setDown(event.server, false);
      case 'archive':
        return this.server(event.server).archive();
      case 'clock':
        return this.server(event.server).advance(event.seconds);
      case 'by hand':
        this.person.does(event.does, event.pick);
        this.copied = this.person.inBoth().length > 0;
        return this.judge(false);
      case 'more LFNs':
        return this.append(event.lines);
    }
  }

  private async run(program: Program, crash?: Crash): Promise<void> {
    const killed = await this.started(program, crash);
    this.judge(!killed);
    ageLeases(this.scene.base);
  }

  /** True when it was killed. It may end in any other way but with a bug, a usage error or a damaged campaign. */
  private async started(program: Program, crash?: Crash): Promise<boolean> {
    const options = { base: this.scene.base, args: ['--wait', '60'] };
    const ended = await run(program, crash === undefined ? options : { ...options, crash });
    if (ended.signal === 'SIGKILL' && crash !== undefined) return true;
    assert.ok([0, 3, 5].includes(ended.exit ?? -1), `${program} ended with ${said(ended)}`);
    return false;
  }

  private judge(cleanedUp: boolean): void {
    if (cleanedUp && !this.copied) holdsAfterNextRun(this.scene);
    else holdsAfterKill(this.scene);
  }

  private async settles(): Promise<void> {
    for (const [index, server] of this.scene.servers.entries()) {
      server.setFaults([]);
      await this.setDown(index, false);
    }
    for (let round = 0; !this.settled(); round += 1) {
      assert.ok(round < MOST_ROUNDS, 'it does not settle');
      this.person.removesCopies();
      this.copied = false;
      for (const program of PROGRAMS) await this.run(program);
      later(this.scene);
    }
  }

  private settled(): boolean {
    const { base } = this.scene;
    const books = readBooks(base);
    const left = statSync(join(base, LFN_LIST)).size - cursor(books, LFN_LIST);
    const open = [...lists(this.scene, 'TODO'), ...lists(this.scene, 'DOING'), ...pending(books)];
    return left === 0 && open.length === 0;
  }

  private append(lines: readonly string[]): void {
    appendFileSync(join(this.scene.base, LFN_LIST), lines.map((line) => `${line}\n`).join(''));
    this.model.append(lines);
  }

  private server(index: number): Scene['servers'][number] {
    const server = this.scene.servers[index];
    assert.ok(server !== undefined, `there is no server ${index}`);
    return server;
  }

  private async setDown(index: number, down: boolean): Promise<void> {
    if (this.down.has(index) === down) return;
    if (down) await this.server(index).down();
    else await this.server(index).up();
    if (down) this.down.add(index);
    else this.down.delete(index);
  }

  /** Beside the route and the servers that the scene has written; those have the same weight. */
  private settings(): void {
    const { lfnsPerList, listsPerRun, concurrency, maxDoing, permanentAtOnce } = this.plan.settings;
    const tables = [
      `[producer]\nlfns_per_list = ${lfnsPerList}\nlists_per_run = ${listsPerRun}`,
      `[consumer]\nlists_per_run = ${listsPerRun}\nconcurrency = ${concurrency}\nmax_doing = ${maxDoing}`,
      `[monitor]\npermanent_at_once = ${permanentAtOnce}`,
      '[fts]\ntimeout_seconds = 2',
    ];
    appendFileSync(join(this.scene.base, 'castor2echo.toml'), `${tables.join('\n')}\n`);
  }
}

function faultOf({ does, on, after, times }: Extract<Event, { kind: 'faults' }>): Fault {
  const path = on === 'POST' ? /^\/jobs$/ : /^\/(jobs|archive)\//;
  return { name: does, does, when: { method: on, path, after, times } };
}

/** Says with a failure where it was. */
async function named(where: string, act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
