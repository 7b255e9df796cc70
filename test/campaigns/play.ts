/**
 * play: plays a random campaign with the real programs, all in this process, and judges it.
 *
 * After each event nothing may be lost and nothing submitted twice, however it ended; after a run that came to its end nothing
 * may be half done. At the end the servers behave, the clock is right, somebody removes the copies, and the programs run
 * until all is settled: then every transfer must stand where the model says.
 */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { breakLease } from '../../dist/edge/lease.js';
import { cursor, pending, readBooks } from '../crash/books.js';
import { ageLeases, lists, transferLine } from '../crash/scene.js';
import { Person } from '../random/person.js';
import { noteTransfers } from '../support/everyTransferOnce.js';
import { Life, type Death } from '../support/life.js';
import { Model } from './model.js';
import { Operators } from './operators.js';
import type { Event, Plan } from './plan.js';
import { runHere, type ProgramName } from './run.js';
import { badLines, duplicates, holdsAfterRun, holdsAlways, standing } from './standing.js';
import { lfnIn, LFN_LISTS, textOf, World } from './world.js';

/** Some failures, each met by a run of consumer and monitor, of lists that go out one at a time. */
const MOST_ROUNDS = 100;
const PROGRAMS = ['producer', 'consumer', 'monitor'] as const;
const BOTH_SERVERS = [50, 50] as const;

/** Throws, with the event in the message, when something does not hold. */
export async function playCampaign(plan: Plan): Promise<void> {
  const world = await World.make(plan);
  try {
    await new Campaign(world, plan).play();
  } finally {
    await world.discard();
  }
}

class Campaign {
  private readonly world: World;
  private readonly plan: Plan;
  private readonly model = new Model();
  private readonly person: Person;
  private readonly operators: Operators;
  /** After a kill the machine is another one: nobody holds the lease that was left behind. */
  private boot = 1;
  /** A list that stands twice by a person's hand. */
  private copied = false;
  /** What the last run said. */
  private last = '';

  constructor(world: World, plan: Plan) {
    this.world = world;
    this.plan = plan;
    this.person = new Person(world, this.model);
    this.operators = new Operators(world, this.model);
    for (const lines of plan.files) this.model.lines(lines);
  }

  async play(): Promise<void> {
    for (const [index, event] of this.plan.events.entries())
      await named(`event ${index + 1} (${JSON.stringify(event)})`, () => this.happens(event));
    await named('at the end', () => this.settles());
    const { base } = this.world;
    this.model.judge(standing(base), badLines(base), duplicates(readBooks(base)));
  }

  private async happens(event: Event): Promise<void> {
    switch (event.kind) {
      case 'run':
        return this.run(event.program);
      case 'killed':
        return this.run(event.program, {
          [event.when]: event.n,
          ...(event.of === 'any' ? {} : { of: event.of }),
        });
      case 'two at once':
        await Promise.all(event.programs.map((program) => this.started(program)));
        return this.judge(true);
      case 'frozen':
        return this.frozen(event);
      case 'time':
        return this.world.passes(event.seconds);
      case 'clock':
        this.world.wrongBy = event.seconds * 1000;
        return;
      case 'settings':
        return this.world.settings(event.settings);
      case 'by hand':
        this.byHand(event);
        return this.judge(false);
      case 'more LFNs':
        appendFileSync(join(this.world.base, LFN_LISTS[event.file] ?? ''), textOf(event.lines));
        return this.model.lines(event.lines);
      case 'servers':
        return this.operators.does(event.event);
    }
  }

  private async run(program: ProgramName, death?: Death): Promise<void> {
    const killed = await this.started(program, death);
    this.judge(!killed);
  }

  /** True when it was killed. It may end in any other way but with a bug, a usage error or a damaged campaign. */
  private async started(program: ProgramName, death?: Death): Promise<boolean> {
    const ended = await this.runs(program, new Life(death));
    if (ended === null) this.boot += 1;
    ageLeases(this.world.base);
    return ended === null;
  }

  private async runs(program: ProgramName, life: Life, exits: readonly number[] = [0, 3, 5]): Promise<number | null> {
    const args = [
      '--base',
      this.world.base,
      '--json',
      '--wait',
      '60',
      ...(program === 'monitor' ? ['--accept-lost'] : []),
    ];
    const env = { C2E_BOOT_ID: `boot ${this.boot}` };
    const { exit, stdout, stderr } = await runHere(
      program,
      args,
      { env, now: this.world.now, random: this.world.random },
      life,
    );
    this.last = stdout + stderr;
    assert.ok(exit === null || exits.includes(exit), `${program} ended with ${exit}:\n${this.last}`);
    return exit;
  }

  /** Its lease is broken by a person who takes it for dead. It may still do the one request that it stands before. */
  private async frozen({ program, n, others }: Extract<Event, { kind: 'frozen' }>): Promise<void> {
    const life = new Life({}, n);
    const ended = this.runs(program, life, [0, 3, 5, 6]);
    await Promise.race([life.frozen, ended]);
    breakLease(this.world.base);
    for (const other of others) {
      await this.run(other);
      this.world.passes(60);
    }
    life.thaw();
    await ended;
    this.judge(false);
  }

  private judge(ended: boolean): void {
    if (ended && !this.copied) holdsAfterRun(this.world, this.model);
    else holdsAlways(this.world, this.model);
  }

  private byHand({ does, pick }: Extract<Event, { kind: 'by hand' }>): void {
    const before = this.world.byHand.length;
    this.person.does(does, pick);
    this.copied = this.person.inBoth().length > 0;
    noteTransfers(
      this.world.base,
      this.world.byHand.slice(before).map((source) => transferLine(lfnIn(source))),
    );
  }

  private async settles(): Promise<void> {
    await this.operators.behave();
    this.world.wrongBy = 0;
    this.world.settings({ ...this.plan.settings, weights: BOTH_SERVERS, canceled: 'retry' });
    for (let round = 0; !this.settled(); round += 1) {
      assert.ok(round < MOST_ROUNDS, `it does not settle: ${this.last}`);
      this.person.removesCopies();
      this.copied = false;
      for (const program of PROGRAMS) await this.run(program);
      // So long that a job that a server has forgotten is believed to be gone.
      this.world.passes(7200);
    }
  }

  private settled(): boolean {
    const { base } = this.world;
    const books = readBooks(base);
    // Comments at the end of a file are never cut.
    const isCut = (name: string): boolean =>
      readFileSync(join(base, name)).subarray(cursor(books, name)).toString().split('\n').every(isComment);
    const open = [...lists(this.world, 'TODO'), ...lists(this.world, 'DOING'), ...pending(books)];
    return LFN_LISTS.every(isCut) && open.length === 0;
  }
}

const isComment = (line: string): boolean => /^\ufeff?\s*(#|$)/.test(line);

/** Says with a failure where it was. */
async function named(where: string, act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
