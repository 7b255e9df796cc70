/**
 * play: plays a random campaign with the real programs, and judges it.
 *
 * After each event nothing may be lost and nothing submitted twice, however it ended; after a run that came to its end
 * nothing may be half done. Then it comes to its end (see ending), where every transfer must stand where the model
 * says.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

import { readBooks } from '../crash/books.js';
import { transferLine } from '../crash/scene.js';
import { noteTransfers } from '../support/everyTransferOnce.js';
import type { Death } from '../support/life.js';
import { Ending } from './ending.js';
import { Model } from './model.js';
import { Operators } from './operators.js';
import { Person } from './person.js';
import type { Event, Plan } from './plan.js';
import { Runs } from './runs.js';
import type { ProgramName, Stage } from './stage.js';
import { badLines, duplicates, holdsAfterRun, holdsAlways, standing } from './standing.js';
import { lfnIn, LFN_LISTS, textOf, World } from './world.js';

/** Throws, with the event in the message, when something does not hold. */
export async function playCampaign(stage: Stage, plan: Plan): Promise<void> {
  const world = await World.make(stage, plan);
  try {
    await new Campaign(stage, world, plan).play();
  } finally {
    await world.discard();
  }
}

export class Campaign {
  readonly world: World;
  readonly plan: Plan;
  readonly person: Person;
  readonly operators: Operators;
  readonly runs: Runs;
  private readonly model = new Model();
  /** A list that stands twice by a person's hand. */
  private copied = false;

  constructor(stage: Stage, world: World, plan: Plan) {
    this.world = world;
    this.plan = plan;
    this.person = new Person(world, this.model);
    this.operators = new Operators(world, this.model);
    this.runs = new Runs(stage, world);
    for (const lines of plan.files) this.model.lines(lines);
  }

  async play(): Promise<void> {
    for (const [index, event] of this.plan.events.entries())
      await named(`event ${index + 1} (${JSON.stringify(event)})`, () => this.happens(event));
    await named('at the end', () => new Ending(this).comes());
    const { base } = this.world;
    this.model.judge(standing(base), badLines(base), duplicates(readBooks(base)));
  }

  /** Runs a program and judges what it has left. */
  async run(program: ProgramName, death?: Death): Promise<void> {
    this.judge(await this.runs.one(program, death));
  }

  /** Somebody removes the copies that the programs have named. */
  removeCopies(): void {
    this.person.removesCopies();
    this.copied = false;
  }

  private async happens(event: Event): Promise<void> {
    switch (event.kind) {
      case 'run':
        return this.run(event.program);
      case 'killed':
        return this.run(event.program, event.death);
      case 'two at once':
        return this.judge(await this.runs.twoAtOnce(event.programs, event.death));
      case 'frozen':
        await this.runs.frozen(event.program, event.n, () => this.meanwhile(event.others));
        return this.judge(false);
      case 'time':
        return this.world.passes(event.seconds);
      case 'clock':
        this.world.wrongBy = event.seconds * 1000;
        return;
      case 'credential':
        return this.world.logsIn(event);
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

  private async meanwhile(programs: readonly ProgramName[]): Promise<void> {
    for (const program of programs) {
      await this.run(program);
      this.world.passes(60);
    }
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

  private judge(ended: boolean): void {
    if (ended && !this.copied) holdsAfterRun(this.world, this.model);
    else holdsAlways(this.world, this.model);
  }
}

/** Says with a failure where it was. */
async function named(where: string, act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
