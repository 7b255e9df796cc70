/**
 * weak: a storage that breaks in the middle (logins are refused, connections time out) and works again some rounds later.
 */
import type { Outcome, ScriptedTransfer } from '../../server/options.js';
import { oneOf } from '../chance.js';
import { lfnOf } from '../scenario.js';
import type { ProgramEnd } from '../programs.js';
import { between, exactly, finishedIn, type Check, type Part, type World } from './part.js';

const MAX_DOING = 3;
/** Lists that it takes before it breaks, and rounds in which something was sent to it while it was broken. */
const LISTS_BEFORE = 2;
const ROUNDS_BROKEN = 3;

const BROKEN = [
  'DESTINATION [110] Connection timed out',
  'DESTINATION [70] globus_ftp_client: the server responded with an error 530 530-Login incorrect. : globus_gss_assist: Error invoking callout 530-globus_callout_module: The callout returned an error 530 End. ',
] as const;

export class Weak implements Part {
  readonly name = 'weak';
  readonly title = 'A storage that breaks and comes back, gsiftp://weak.example.org';
  readonly source = 'srm://castor.example.org:8443/srm/managerv2?SFN=/castor/example.org/prod';
  readonly destination = 'gsiftp://weak.example.org/lhcb:prod';
  readonly settings = [`max_doing = ${MAX_DOING}`];
  readonly lines: readonly string[];
  private readonly world: World;
  private readonly healthy: number;
  private accepted = 0;
  private state: 'works' | 'broken' | 'mended' = 'works';
  /** Jobs that were sent there in each run of the consumer while it was broken. */
  private readonly sent: number[] = [];
  private jobs = 0;

  constructor(world: World, lfns: readonly string[], lfnsPerList: number) {
    this.world = world;
    this.lines = lfns;
    this.healthy = LISTS_BEFORE * lfnsPerList;
  }

  fate(): ReturnType<Part['fate']> {
    return { kind: 'works' };
  }

  outcome({ source }: ScriptedTransfer): Outcome {
    this.accepted += 1;
    if (this.state === 'works' && this.accepted > this.healthy) {
      this.state = 'broken';
      this.world.say('weak.example.org breaks: logins are refused, connections time out');
    }
    if (this.state !== 'broken') return { state: 'FINISHED', seconds: 6, size: 4711 };
    return { state: 'FAILED', seconds: 1, reason: oneOf(BROKEN, this.world.seed, 'broken', lfnOf(source)) };
  }

  before(program: string): void {
    if (program !== 'consumer' || this.state !== 'broken' || this.sent.length < ROUNDS_BROKEN) return;
    this.state = 'mended';
    this.world.say('weak.example.org works again');
  }

  after({ program }: ProgramEnd): void {
    if (program !== 'consumer') return;
    const jobs = this.world.jobs(this).length;
    if (this.state === 'broken' && jobs > this.jobs) this.sent.push(jobs - this.jobs);
    this.jobs = jobs;
  }

  checks(): Check[] {
    return [
      between(ROUNDS_BROKEN, Infinity, this.sent.length, 'rounds in which it was tried while it was broken'),
      exactly(this.lines.length, finishedIn(this.world.jobs(this)), 'files brought in the end'),
    ];
  }
}
