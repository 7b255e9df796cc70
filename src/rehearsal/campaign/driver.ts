/**
 * driver: runs producer, consumer and monitor, round after round, until nothing is left to do.
 *
 * It also takes a server down and up again, and judges how each program ended: a status that nothing in the rehearsal
 * explains is a violation. The rounds are bounded.
 */
import { EXIT } from '../../errors.js';
import type { RehearsalServer } from '../server/options.js';
import { listsIn } from './finishedLists.js';
import type { DownTime } from './plannedFaults.js';
import type { ProgramEnd, Programs } from './programs.js';
import type { RoundsLog } from './roundsLog.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What a person who watches is shown. */
export interface CampaignProgress extends Counts {
  readonly round: number;
  /** In a few words. */
  readonly happening: string;
  /** The name of the server that is down. */
  readonly down: string | null;
  /** A round has come to its end. */
  readonly ended: boolean;
}

/** What came of the rounds. */
export interface CampaignCourse {
  readonly rounds: number;
  /** Transfers that the producer has said to have cut. */
  readonly cut: number;
  /** Runs that were killed, and runs that named something for a person because of a fault. */
  readonly killed: number;
  readonly asked: number;
  readonly violations: readonly string[];
  /** It was to stop there, and there was something left to do. */
  readonly halfway: boolean;
}

const PROGRAMS = ['producer', 'consumer', 'monitor'] as const;
const DOES = { producer: 'cutting', consumer: 'submitting', monitor: 'asking FTS' } as const;
/** A rehearsal needs about twenty. */
const MOST_ROUNDS = 80;
/** More say nothing new. */
const MOST_VIOLATIONS = 5;

/** What a driver drives. */
export interface Drive {
  readonly base: string;
  readonly programs: Programs;
  readonly log: RoundsLog;
  readonly servers: readonly RehearsalServer[];
  readonly downTime: DownTime | null;
  /** So many rounds and no more. */
  readonly stopAfter: number;
  readonly watch: (progress: CampaignProgress) => void;
  /** What happens in the world before a program starts, and what is seen of it when one has ended. */
  readonly beforeProgram?: (program: string) => void;
  readonly afterProgram?: (end: ProgramEnd) => Promise<void>;
  /** Is that what it had to ask of a person, as things stand in the world? */
  readonly isExplained?: (end: ProgramEnd) => boolean;
}

export class Driver {
  private readonly drive: Drive;
  private readonly count: SpoolCount;
  private readonly violations: string[] = [];
  private round = 0;
  private down: RehearsalServer | null = null;
  private cut = 0;
  private killed = 0;
  private asked = 0;
  private stopped = false;
  private halfway = false;

  constructor(drive: Drive) {
    this.drive = drive;
    this.count = new SpoolCount(drive.base);
  }

  async run(): Promise<CampaignCourse> {
    while (!this.stopped && (await this.nextRound()));
    await this.down?.up();
    this.down = null;
    return {
      rounds: this.round,
      cut: this.cut,
      killed: this.killed,
      asked: this.asked,
      violations: this.violations,
      halfway: this.halfway,
    };
  }

  /** No further program is started. */
  stop(): void {
    this.stopped = true;
  }

  /** False when there is nothing left to do, or it goes on for too long. */
  private async nextRound(): Promise<boolean> {
    this.round += 1;
    let cut = 0;
    for (const program of PROGRAMS) {
      if (program === 'monitor') await this.serverUpOrDown();
      this.show(DOES[program], false);
      this.drive.beforeProgram?.(program);
      const end = await this.one(program);
      if (program === 'producer') cut = end.counts['cut'] ?? 0;
      if (this.stopped) return false;
    }
    const left = ['TODO', 'DOING'].flatMap((place) => listsIn(this.drive.base, place)).length;
    this.show(this.down === null ? '' : `${this.down.name} is down`, true);
    if (cut === 0 && left === 0) return false;
    return this.mayGoOn(left);
  }

  private mayGoOn(left: number): boolean {
    if (this.violations.length > MOST_VIOLATIONS) return false;
    if (this.round === this.drive.stopAfter) {
      this.halfway = true;
      return false;
    }
    if (this.round < MOST_ROUNDS) return true;
    this.violations.push(`${left} lists are still in TODO and DOING after ${MOST_ROUNDS} rounds: given up`);
    return false;
  }

  private async one(program: (typeof PROGRAMS)[number]): Promise<ProgramEnd> {
    const before = this.faultsMet();
    const end = await this.drive.programs.run(program);
    const met = this.faultsMet() - before;
    if (program === 'producer') this.cut += end.counts['transfers'] ?? 0;
    this.judge(end, met);
    this.drive.log.end(this.round, end);
    await this.drive.afterProgram?.(end);
    return end;
  }

  /** Before the monitor looks: a server goes down, with jobs that it has; a round later it comes up again. */
  private async serverUpOrDown(): Promise<void> {
    if (this.down !== null) {
      await this.down.up();
      this.down = null;
    } else if (this.round === this.drive.downTime?.round) {
      this.down = this.drive.servers.find(({ name }) => name === this.drive.downTime?.server) ?? null;
      await this.down?.down();
    }
  }

  /** Requests that were met by one. */
  private faultsMet(): number {
    return this.drive.servers.reduce(
      (sum, { history }) => sum + history.filter(({ fault }) => fault !== null).length,
      0,
    );
  }

  /** Only what happened during the run itself explains a status. */
  private judge(end: ProgramEnd, met: number): void {
    const { program, exit, signal, warnings } = end;
    if (this.stopped || exit === EXIT.ok) return;
    if (signal === 'SIGKILL' && met > 0) this.killed += 1;
    else if (exit === EXIT.person && (met > 0 || this.down !== null)) this.asked += 1;
    else if (exit === EXIT.person && this.drive.isExplained?.(end) === true) this.asked += 1;
    else if (exit === EXIT.noServer && this.down !== null) this.asked += 1;
    else {
      const how = `ended with ${signal ?? `status ${exit}`}`;
      this.violations.push(`round ${this.round}: ${program} ${how}: ${warnings[0] ?? 'it said nothing'}`);
    }
  }

  private show(happening: string, ended: boolean): void {
    const down = this.down?.name ?? null;
    this.drive.watch({ ...this.count.count(), round: this.round, happening, down, ended });
  }
}

interface Counts {
  readonly todo: number;
  readonly doing: number;
  readonly okay: number;
  readonly bad: number;
}

/** How many transfers stand in each directory of the spool, while a rehearsal goes on. */
class SpoolCount {
  private readonly base: string;
  /** A list's name stands for its content: lists are never written twice. */
  private readonly counted = new Map<string, number>();

  constructor(base: string) {
    this.base = base;
  }

  /** Nothing stands anywhere before the first program has made the directories. */
  count(): Counts {
    const [todo, doing, okay, bad] = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'].map((place) => this.transfers(place));
    return { todo: todo ?? 0, doing: doing ?? 0, okay: okay ?? 0, bad: bad ?? 0 };
  }

  private transfers(place: string): number {
    return listsIn(this.base, place).reduce((sum, name) => sum + this.inList(`${place}/${name}`), 0);
  }

  private inList(list: string): number {
    const known = this.counted.get(list);
    if (known !== undefined) return known;
    const lines = readFileSync(path.join(this.base, list), 'utf8').split('\n');
    const count = lines.filter((line) => line !== '' && !line.startsWith('#')).length;
    this.counted.set(list, count);
    return count;
  }
}
