/**
 * runs: starts the programs of a campaign: one, one that is killed, two at once, one that stands still while others
 * run.
 *
 * A run may end in any way but with a bug, a usage error or a damaged campaign.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import { breakLease } from '../../dist/lease/lease.js';
import { ageLeases } from '../crash/scene.js';
import type { Death } from '../support/life.js';
import type { Ended, ProgramName, Running, Stage } from './stage.js';
import type { World } from './world.js';

const ENDS = [0, 3, 5];
const LEASE_LOST = 6;

export class Runs {
  private readonly stage: Stage;
  private readonly world: World;
  /** After a kill the machine is another one: nobody holds the lease that was left behind. */
  private boot = 1;
  /** What each program has said last, and how it ended. */
  readonly last = new Map<ProgramName, Ended>();

  constructor(stage: Stage, world: World) {
    this.stage = stage;
    this.world = world;
  }

  /** True when it came to its end. */
  async one(program: ProgramName, death: Death = {}): Promise<boolean> {
    const ended = await this.ended(program, this.start(program, death));
    if (!ended) this.boot += 1;
    ageLeases(this.world.base);
    return ended;
  }

  /** On one node, or where the first may die on two. True when the last that ran came to its end. */
  async twoAtOnce(programs: readonly [ProgramName, ProgramName], death: Death): Promise<boolean> {
    const ends: boolean[] = [];
    // What a kill has left is another node's to them: it must be so old that no matter which.
    loseNodes(this.world.base);
    const run = async (program: ProgramName, node: string, death: Death): Promise<void> => {
      ends.push(await this.ended(program, this.start(program, death, { node })));
      if (ends.at(-1) === false) loseNodes(this.world.base, node);
    };
    const [first, second] = Object.keys(death).length > 0 ? (['node 1', 'node 2'] as const) : (['', ''] as const);
    await Promise.all([run(programs[0], first, death), run(programs[1], second, {})]);
    loseNodes(this.world.base);
    return ends.at(-1) === true;
  }

  /** Its lease is broken by a person who takes it for dead. It may still do the one request that it stands before. */
  async frozen(program: ProgramName, n: number, meanwhile: () => Promise<void>): Promise<void> {
    const running = this.start(program, {}, { freezesAt: n });
    const ended = this.ended(program, running, [...ENDS, LEASE_LOST]);
    await Promise.race([running.frozen, ended]);
    breakLease(this.world.base);
    await meanwhile();
    running.thaw();
    await ended;
  }

  /** What all of them have said last. */
  get said(): string {
    return [...this.last.values()].map(({ stdout, stderr }) => stdout + stderr).join('');
  }

  private start(program: ProgramName, death: Death, { node = '', freezesAt = 0 } = {}): Running {
    const args = ['--base', this.world.base, '--json', '--wait', '60'];
    if (program === 'monitor') args.push('--accept-lost');
    const env = { C2E_BOOT_ID: `boot ${this.boot}`, ...(node === '' ? {} : { C2E_HOST: node }) };
    return this.stage.start(this.world, program, { args, env, death, freezesAt });
  }

  private async ended(program: ProgramName, running: Running, exits = ENDS): Promise<boolean> {
    const ended = await running.ended;
    this.last.set(program, ended);
    const { exit, stdout, stderr } = ended;
    assert.ok(exit === null || exits.includes(exit), `${program} ended with ${exit}:\n${stdout}${stderr}`);
    return exit !== null;
  }
}

/**
 * Of this node, or of any, nothing is heard any more: its lease is taken over when it is an hour old by the file
 * server's clock.
 */
function loseNodes(base: string, node = ''): void {
  const directory = join(base, '.lease');
  const past = Date.now() / 1000 - 7200;
  for (const lease of leasesIn(directory))
    if (node === '' || holder(lease).includes(JSON.stringify(node))) utimesSync(lease, past, past);
}

const leasesIn = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => /^\d+$/.test(name))
        .map((name) => join(directory, name))
    : [];

/** Empty where a kill has left none, or the lease has been given back. */
function holder(lease: string): string {
  try {
    return readFileSync(join(lease, 'holder'), 'utf8');
  } catch {
    return '';
  }
}
