/**
 * tape: files that are on tape: their recalls take a while, and one of them fails at first.
 *
 * A list ends where the directory does (producer.group_by), as what was written together lies on one tape; few lists
 * are with FTS at once (max_doing), as the tape has few drives.
 */
import path from 'node:path';
import type { Outcome, ScriptedTransfer } from '../../server/options.js';
import { chance, oneOf } from '../chance.js';
import { lfnsOfProduction } from '../lfns.js';
import type { ProgramEnd } from '../programs.js';
import { lfnOf } from '../scenario.js';
import { bounded, exactly, type PartCheck, type Part, type PartContext } from './part.js';

const MAX_DOING = 6;
const FIRST_PRODUCTION = 60_000;
/** Seconds of a recall, by the servers' scaled time. */
const RECALL_SECONDS = { least: 30, most: 120 } as const;
/** How long the file that fails is being staged. */
const STUCK_SECONDS = 240;
const ETIMEDOUT = 110;

export class Tape implements Part {
  readonly name = 'tape';
  readonly title = 'A source on tape, root://cta.example.org: brought online, a directory a list';
  readonly source = 'root://cta.example.org//eos/ctalhcb';
  readonly destination = 'gsiftp://echo.example.org/lhcb:tape';
  readonly settings = [`max_doing = ${MAX_DOING}`, 'job = { bring_online = 3600 }'];
  readonly lines: readonly string[];
  private readonly world: PartContext;
  private readonly lists: number;
  /** Its recall fails once. */
  private readonly stuck: string;
  private readonly attempts = new Map<string, number>();
  private roundsOfStaging = 0;
  private mostInDoing = 0;

  constructor(world: PartContext, lfns: number, lfnsPerList: number) {
    this.world = world;
    const directories = sizesOf(lfns, lfnsPerList, world.seed);
    this.lines = directories.flatMap((size, index) => lfnsOfProduction(FIRST_PRODUCTION + index, size));
    this.lists = directories.reduce((sum, size) => sum + Math.ceil(size / lfnsPerList), 0);
    // It is in the first list, so that what goes on does not wait for it.
    this.stuck = oneOf(this.lines.slice(0, Math.min(directories[0] ?? 1, lfnsPerList)), world.seed, 'stuck on tape');
  }

  fate(lfn: string): ReturnType<Part['fate']> {
    if (lfn !== this.stuck) return { kind: 'works' };
    return { kind: 'recovers', failures: 1, reason: { class: 'transient', text: 'STAGING' } };
  }

  outcome({ source, destination }: ScriptedTransfer): Outcome {
    const attempt = (this.attempts.get(destination) ?? 0) + 1;
    this.attempts.set(destination, attempt);
    const lfn = lfnOf(source);
    const { least, most } = RECALL_SECONDS;
    const seconds = least + chance(this.world.seed, 'recall', lfn, attempt) * (most - least);
    const staging =
      lfn === this.stuck && attempt === 1 ? { seconds: STUCK_SECONDS, errno: ETIMEDOUT } : { seconds, errno: 0 };
    return { state: 'FINISHED', seconds: 4, size: 4711, staging };
  }

  afterProgram({ program }: ProgramEnd): void {
    if (program === 'consumer') this.mostInDoing = Math.max(this.mostInDoing, this.world.inDoing(this));
    if (program !== 'monitor') return;
    const states = this.world.jobs(this).flatMap(({ transfers }) => transfers.map(({ state }) => state));
    if (states.some((state) => state === 'STAGING' || state === 'STARTED')) this.roundsOfStaging += 1;
  }

  checks(): PartCheck[] {
    const jobs = this.world.jobs(this);
    const ofOne = jobs.filter(
      ({ transfers }) => new Set(transfers.map(({ source }) => path.dirname(source))).size === 1,
    );
    const stuck = jobs.flatMap(({ transfers }) => transfers.filter(({ source }) => lfnOf(source) === this.stuck));
    const wasStuck = stuck.map(({ state }) => state).join(' ') === 'FAILED FINISHED';
    return [
      exactly(this.lists + 1, ofOne.length, 'jobs, each with files of one directory'),
      exactly(0, jobs.length - ofOne.length, 'jobs with files of several directories'),
      bounded(1, MAX_DOING, this.mostInDoing, `of its lists in DOING at the most (max_doing = ${MAX_DOING})`),
      bounded(1, Infinity, this.roundsOfStaging, 'rounds in which the tape was being read (STAGING)'),
      exactly(1, wasStuck ? 1 : 0, 'file that could not be read in time, sent again, and brought'),
    ];
  }
}

/** How many files each directory has: some fill a list, some do not, some need two. */
function sizesOf(files: number, lfnsPerList: number, seed: number): number[] {
  const sizes: number[] = [];
  for (let left = files; left > 0; left -= sizes.at(-1) ?? 0) {
    const share = 0.4 + chance(seed, 'directory', sizes.length) * 1.2;
    sizes.push(Math.min(left, Math.max(1, Math.round(lfnsPerList * share))));
  }
  return sizes;
}
