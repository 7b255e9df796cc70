/**
 * rehearsal: one rehearsal, from an empty directory to the account of it.
 *
 *     start two servers that fail as the seed says; write LFN lists and settings
 *     round after round: producer, consumer, monitor (driver), some of them killed (plannedFaults)
 *     account for every LFN, by the lists and by what the servers have carried out (account)
 *     with --proof: end the campaign as docs/PROOF.md says (proof)
 *
 * The servers live in this process and end with it; the programs are processes of their own. Whatever happens, nothing
 * of either is left running.
 */
import type { RehearsalServer } from '../server/options.js';
import type { FtsVersion } from '../server/protocol/versions.js';
import { startRehearsalServer } from '../server/server.js';
import { account } from './account.js';
import { Driver, type CampaignCourse, type CampaignProgress } from './driver.js';
import { sizesFor, writeLfnLists, writeSettings, type Sizes } from './inputs.js';
import { rehearsalLfns } from './lfns.js';
import { downTime, PlannedFaults, type DownTime } from './plannedFaults.js';
import { Programs } from './programs.js';
import { proveEnd, type Proved } from './proof.js';
import { RoundsLog } from './roundsLog.js';
import { Scenario } from './scenario.js';
import type { RehearsalEnd } from './table.js';

export interface RehearsalSize {
  readonly lfns: number;
  readonly seed: number;
  /** Nothing goes wrong. */
  readonly calm: boolean;
  /** Rounds; Infinity: until nothing is left to do. */
  readonly stopAfter: number;
  /** What the servers announce. */
  readonly ftsVersion?: FtsVersion;
  /** It ends with the proof that everything has arrived. */
  readonly proof?: boolean;
}

const SERVERS = ['RAL', 'CERN'] as const;
/** A copy of 18 s takes half a second. */
const TIME_SCALE = 40;

export class Rehearsal {
  private readonly base: string;
  private readonly size: RehearsalSize;
  private readonly watch: (progress: CampaignProgress) => void;
  private readonly atHalfway: (course: CampaignCourse) => void;
  private readonly sizes: Sizes;
  private readonly scenario: Scenario;
  private readonly programs: Programs;
  private readonly log: RoundsLog;
  private readonly down: DownTime | null;
  private readonly servers: RehearsalServer[] = [];
  private driver: Driver | null = null;
  private interrupted = false;
  private goOn = (): void => {};

  /** `base` is there and empty. `atHalfway` is called when the rounds that were wished for are over. */
  constructor(
    base: string,
    size: RehearsalSize,
    watch: (progress: CampaignProgress) => void,
    atHalfway: (course: CampaignCourse) => void = () => {},
  ) {
    this.base = base;
    this.size = size;
    this.watch = watch;
    this.atHalfway = atHalfway;
    this.sizes = sizesFor(size.lfns);
    this.scenario = new Scenario(size.seed, size.calm);
    this.programs = new Programs(base);
    this.log = new RoundsLog(base);
    this.down = size.calm ? null : downTime(size.seed, SERVERS);
  }

  /** Null if it was interrupted. At half-way the servers go on until it is. */
  async run(): Promise<RehearsalEnd | CampaignCourse | null> {
    const started = Date.now();
    try {
      await this.startServers();
      const { seed, lfns, stopAfter } = this.size;
      const lfnLists = writeLfnLists(this.base, rehearsalLfns(lfns), this.sizes.lfnsPerList);
      writeSettings(this.base, this.sizes, this.servers);
      this.driver = this.newDriver(this.down, stopAfter);
      if (this.interrupted) return null;
      const course = await this.driver.run();
      if (this.interrupted) return null;
      if (course.halfway) return await this.untilInterrupted(course);
      const judged = this.judgeAccount(lfnLists, course);
      const proved = this.size.proof === true ? await this.prove() : null;
      if (this.interrupted) return null;
      const violations = [...judged.violations, ...(proved?.violations ?? [])];
      this.log.violations(violations);
      const seconds = (Date.now() - started) / 1000;
      const { servers, down } = this;
      return { seed, lfns, seconds, course, down, servers, account: judged.account, proved, violations };
    } finally {
      this.programs.signal('SIGKILL');
      for (const server of this.servers) await server.stop();
    }
  }

  /** Nothing goes wrong on the way any more, as there is nobody to be surprised but the person who looks around. */
  private async untilInterrupted(course: CampaignCourse): Promise<CampaignCourse> {
    for (const server of this.servers) server.setFaults([]);
    const interrupted = new Promise<void>((resolve) => (this.goOn = resolve));
    this.atHalfway(course);
    await interrupted;
    return course;
  }

  /** The program that runs is asked to stop, and no other is started. */
  interrupt(): void {
    this.interrupted = true;
    this.goOn();
    this.driver?.stop();
    this.programs.signal('SIGTERM');
  }

  private async startServers(): Promise<void> {
    const { seed, calm, ftsVersion } = this.size;
    const faults = new PlannedFaults(seed, this.sizes.lists, () => this.programs.signal('SIGKILL'));
    for (const name of SERVERS)
      this.servers.push(
        await startRehearsalServer({
          name,
          seed,
          ...(ftsVersion === undefined ? {} : { version: ftsVersion }),
          timeScale: TIME_SCALE,
          script: (transfer) => this.scenario.outcome(transfer),
          faults: calm ? [] : faults.faults(),
        }),
      );
  }

  private newDriver(downTime: DownTime | null, stopAfter: number): Driver {
    const { base, programs, log, servers, watch } = this;
    return new Driver({ base, programs, log, servers, downTime, stopAfter, watch });
  }

  private judgeAccount(
    lfnLists: readonly string[],
    course: CampaignCourse,
  ): Pick<RehearsalEnd, 'account' | 'violations'> {
    const submissions = this.servers.flatMap((server) => server.submissions);
    const accounted = account(this.base, lfnLists, this.scenario, submissions);
    const found = accounted.okay + accounted.bad.length;
    const said =
      course.cut === found ? [] : [`the producer said that it has cut ${course.cut} transfers, ${found} are in DONE`];
    return { account: accounted, violations: [...course.violations, ...said, ...accounted.violations] };
  }

  /** Nothing goes wrong any more: what is proved is what has arrived, not how. */
  private async prove(): Promise<Proved> {
    for (const server of this.servers) server.setFaults([]);
    const { base, scenario, programs, servers } = this;
    return proveEnd({
      base,
      scenario,
      submissions: () => servers.flatMap((server) => server.submissions),
      run: (program, args) => programs.run(program, args),
      rounds: () => {
        this.driver = this.newDriver(null, Infinity);
        return this.driver.run();
      },
    });
  }
}
