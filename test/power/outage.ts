/**
 * outage: a run whose changes of the disk are recorded, and every state in which a power cut could leave the campaign.
 *
 * The database is trusted: it is that of the last commit that had returned. States that are the same after two
 * different operations are given once.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

import { DATABASE } from '../crash/books.js';
import type { Scene } from '../crash/scene.js';
import { optionsOf, said, type Scenario } from '../crash/trial.js';
import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { Disk, type Renames, type Tree } from './disk.js';
import { inShort, readOperations, type Operation } from './operation.js';

export interface State {
  readonly tree: Tree;
  /** As latin1; null before its first commit. */
  readonly database: string | null;
  /** How many submissions and cancellations had been sent, by the origin of the server. */
  readonly requests: ReadonlyMap<string, number>;
  /** The tree once everything is carried out that this database has journalled. */
  readonly expected: Tree;
  /** The rights of the files that were there before, by content; all others are the programs' own. */
  readonly modes: ReadonlyMap<string | null, number>;
  /** What the program had done last, for a failure. */
  readonly after: string;
}

/**
 * Runs the program of a scenario to its end on a scene, and records what it does. With `kill` it is first killed at
 * that call: what a killed run has not synced is not on the disk either when the power is cut during the next one.
 */
export async function record(scenario: Scenario, scene: Scene, kill?: number): Promise<Outage> {
  const before = readTree(scene.base);
  const modes = new Map([...before].map(([path, content]) => [content, statSync(join(scene.base, path)).mode & 0o777]));
  const directory = temporaryDirectory();
  const recorder = new URL('./recorder.js', import.meta.url).href;
  const { program } = scenario;
  const { args, env } = optionsOf(scenario);
  const recording = { NODE_OPTIONS: `--import=${recorder}`, POWER_RECORD: directory };
  const options = { base: scene.base, args, env: { ...env, ...recording } };
  if (kill !== undefined) await run(program, { ...options, crash: { at: kill } });
  const outcome = await run(program, options);
  if (outcome.exit !== 0) throw new Error(`${program}, recorded: ${said(outcome)}`);
  return new Outage(before, modes, directory);
}

export class Outage {
  readonly operations: readonly Operation[];
  private readonly before: Tree;
  private readonly database: string | null;
  private readonly modes: ReadonlyMap<string | null, number>;
  private readonly directory: string;

  constructor(before: Tree, modes: ReadonlyMap<string | null, number>, directory: string) {
    const { [DATABASE]: database = null, ...files } = Object.fromEntries(before);
    this.before = new Map(Object.entries(files));
    this.database = database;
    this.modes = modes;
    this.directory = directory;
    this.operations = [...this.changing(readOperations(directory))];
  }

  *states(renames: Renames): Generator<State, void> {
    const disk = new Disk(this.before, renames);
    const expected = this.expected();
    const seen = new Set<string>();
    const requests = new Map<string, number>();
    let { database } = this;
    for (const [index, next] of [undefined, ...this.operations].entries()) {
      if (next !== undefined) disk.apply(next);
      if (next?.op === 'commit') database = this.copy(next.copy);
      if (next?.op === 'request') requests.set(next.origin, (requests.get(next.origin) ?? 0) + 1);
      const after = next === undefined ? 'before its first change' : `after ${inShort(next)}`;
      for (const tree of disk.afterPowerCut()) {
        const { modes } = this;
        const state = { tree, database, requests: new Map(requests), expected: expected[index] ?? tree, modes, after };
        if (isNew(seen, state)) yield state;
      }
    }
  }

  /** What would not outlive a power cut although the run has ended. */
  unsyncedAtTheEnd(): string[] {
    const disk = new Disk(this.before, 'whole');
    for (const operation of this.operations) disk.apply(operation);
    return disk.unsynced();
  }

  /** After each number of operations: the tree as it is right before the next commit. */
  private expected(): Tree[] {
    const disk = new Disk(this.before, 'whole');
    const trees: Tree[] = [];
    let since = 0;
    for (const [index, operation] of this.operations.entries()) {
      if (operation.op === 'commit') {
        trees.push(...Array<Tree>(index + 1 - since).fill(disk.whole()));
        since = index + 1;
      }
      disk.apply(operation);
    }
    return [...trees, ...Array<Tree>(this.operations.length + 1 - since).fill(disk.whole())];
  }

  /** A program that opens the database has not committed anything by that. */
  private *changing(operations: readonly Operation[]): Generator<Operation, void> {
    let { database } = this;
    for (const operation of operations) {
      if (operation.op !== 'commit') yield operation;
      else if (this.copy(operation.copy) !== database) {
        database = this.copy(operation.copy);
        yield operation;
      }
    }
  }

  private copy(name: string): string {
    return readFileSync(join(this.directory, name), 'latin1');
  }
}

function isNew(seen: Set<string>, { tree, database, requests }: State): boolean {
  const text = JSON.stringify([[...tree].sort(([a], [b]) => (a < b ? -1 : 1)), [...requests]]);
  const hash = createHash('sha256')
    .update(text)
    .update(database ?? '')
    .digest('base64');
  return seen.size !== seen.add(hash).size;
}

/** A campaign as it stands on the disk, without lease and log. */
function readTree(base: string): Map<string, string | null> {
  const entries = readdirSync(base, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => [relative(base, join(entry.parentPath, entry.name)), entry] as const);
  const ours = paths.filter(([path]) => !/^(\.lease(\/|$)|castor2echo\.log)/.test(path));
  return new Map(
    ours.map(([path, entry]) => [path, entry.isDirectory() ? null : readFileSync(join(base, path), 'latin1')]),
  );
}
