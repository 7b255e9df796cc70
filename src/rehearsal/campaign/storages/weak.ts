/**
 * weak: a storage that breaks in the middle (logins are refused, connections time out) and works again some rounds
 * later.
 *
 * When most of its last transfers have failed, its lists wait without spending an attempt, and one a run goes as a
 * probe; the first file that arrives lets all go.
 */
import type { Outcome, ScriptedTransfer, Submission } from '../../server/options.js';
import { oneOf } from '../chance.js';
import { lfnOf } from '../scenario.js';
import type { ProgramEnd } from '../programs.js';
import { bounded, exactly, finishedIn, type PartCheck, type Part, type PartContext } from './part.js';

const STORAGE = 'gsiftp://weak.example.org';
const MAX_DOING = 3;
/** Lists that it takes before it breaks, and probes that fail before it works again. */
const [LISTS_BEFORE, PROBES] = [2, 2] as const;

const BROKEN = [
  'DESTINATION [110] Connection timed out',
  'DESTINATION [70] globus_ftp_client: the server responded with an error 530 530-Login incorrect. : globus_gss_assist: Error invoking callout 530-globus_callout_module: The callout returned an error 530 End. ',
] as const;

export class Weak implements Part {
  readonly name = 'weak';
  readonly title = 'A storage that breaks and comes back, gsiftp://weak.example.org';
  readonly source = 'srm://castor.example.org:8443/srm/managerv2?SFN=/castor/example.org/prod';
  readonly destination = `${STORAGE}/lhcb:prod`;
  readonly settings = [];
  readonly table = ['', '[[storage]]', `match = "${STORAGE}"`, `max_doing = ${MAX_DOING}`];
  readonly lines: readonly string[];
  private readonly world: PartContext;
  private readonly healthy: number;
  private accepted = 0;
  private state: 'works' | 'broken' | 'mended' = 'works';
  private jobs = 0;
  private mostInDoing = 0;
  /** Jobs that were sent there in each run of the consumer while the campaign took it for broken, and in the first one after. */
  private readonly braked: number[] = [];
  private afterwards: number | null = null;
  /** What `status` called it then. */
  private shown = 'nothing';

  constructor(world: PartContext, lfns: readonly string[], lfnsPerList: number) {
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

  beforeProgram(program: string): void {
    if (program !== 'consumer' || this.state !== 'broken' || this.braked.length < PROBES) return;
    this.state = 'mended';
    this.world.say('weak.example.org works again');
  }

  async afterProgram({ program, warnings }: ProgramEnd): Promise<void> {
    if (program !== 'consumer') return;
    this.mostInDoing = Math.max(this.mostInDoing, this.world.inDoing(this));
    const jobs = this.world.jobs(this).length;
    const sent = jobs - this.jobs;
    this.jobs = jobs;
    if (warnings.some((warning) => this.isExplained(warning))) {
      if (this.braked.length === 0) {
        this.world.say('its lists wait, and one a run goes as a probe');
        this.shown = await this.stateInStatus();
      }
      this.braked.push(sent);
    } else if (this.braked.length > 0 && this.afterwards === null) {
      this.afterwards = sent;
      this.world.say('a file has arrived there: all its lists may go');
    }
  }

  private async stateInStatus(): Promise<string> {
    const report = (await this.world.ask('status')) as StatusReport | null;
    return report?.storages.find(({ storage }) => storage === STORAGE)?.state ?? 'nothing';
  }

  isExplained(warning: string): boolean {
    return (
      this.state !== 'works' && /\bstorage gsiftp:\/\/weak\.example\.org(?: is broken:|, broken since )/i.test(warning)
    );
  }

  checks(): PartCheck[] {
    const jobs = this.world.jobs(this);
    const failed = jobs.filter(({ state }) => state === 'FAILED');
    const probes = this.braked.reduce((sum, sent) => sum + sent, 0);
    const lists = new Set(jobs.map(listOf));
    const untouched = lists.size - new Set(failed.map(listOf)).size - LISTS_BEFORE;
    return [
      bounded(1, MAX_DOING, this.mostInDoing, `of its lists in DOING at the most (its max_doing = ${MAX_DOING})`),
      bounded(1, 2 * MAX_DOING, failed.length - PROBES, 'of its jobs failed before the campaign took it for broken'),
      { holds: this.shown === 'broken', text: `status.js called it ${this.shown}` },
      bounded(PROBES + 1, Infinity, probes, 'probes sent there then, the last one when it worked again'),
      bounded(1, 1, Math.max(0, ...this.braked), 'probe at the most in a run'),
      bounded(1, Infinity, untouched, 'of its lists only waited meanwhile, and spent no attempt'),
      bounded(2, MAX_DOING, this.afterwards ?? 0, 'of its lists sent in the first run after a file had arrived'),
      exactly(this.lines.length, finishedIn(jobs), 'files brought in the end'),
    ];
  }
}

/** What is read of it. */
interface StatusReport {
  readonly storages: readonly { readonly storage: string; readonly state: string }[];
}

const listOf = ({ metadata }: Submission): string => (metadata as { readonly list: string }).list;
