/**
 * faults: what goes wrong on the way in a rehearsal, beside transfers that fail.
 *
 * Requests are counted over all servers, and one of each block of them is met by a fault: which one, and which kind,
 * hangs on the seed. The kinds take turns, so that even a small rehearsal sees many of them. One server is down for a
 * round.
 */
import type { Fault, FaultKind, HistoryEntry } from '../server/options.js';
import { chance } from './chance.js';

interface PlannedFault {
  /** As the table at the end names it. */
  readonly name: string;
  readonly does: FaultKind;
  readonly status?: number;
  /** The program that made the request is killed. */
  readonly kills?: true;
}

const SUBMITTING: readonly PlannedFault[] = [
  { name: 'the answer to a submission was lost', does: 'cut-after' },
  { name: 'the job was committed late, the answer lost', does: 'commit-late' },
  { name: 'kill -9 while a job was submitted', does: 'hang-after', kills: true },
  { name: 'half the answer to a submission came', does: 'cut-within' },
  { name: 'a submission was answered with an HTML 500', does: 'html' },
  { name: 'a submission was overtaken by its repetition', does: 'arrive-late' },
  { name: 'a submission was lost on the way', does: 'cut-before' },
  { name: 'the answer to a submission was half JSON', does: 'half-json' },
  { name: 'the answer to a submission never came', does: 'hang-after' },
];

const ASKING: readonly PlannedFault[] = [
  { name: 'half the answer about jobs came', does: 'cut-within' },
  { name: 'a question was answered with an HTML 502', does: 'html', status: 502 },
  { name: 'kill -9 while jobs were asked for', does: 'hang-after', kills: true },
  { name: 'a question was lost on the way', does: 'cut-before' },
  { name: 'a question was answered with 503', does: 'status' },
  { name: 'the answer about jobs was half JSON', does: 'half-json' },
];

/** A question is met in each so many. */
const QUESTIONS_PER_BLOCK = 10;

/** The server that is down, from the monitor's look in this round (counted from 1) to its look in the next. */
export interface DownTime {
  readonly server: string;
  readonly round: number;
}

export class PlannedFaults {
  private readonly seed: number;
  private readonly blocks: { readonly submissions: number; readonly questions: number };
  private readonly kill: () => void;
  private readonly met = new WeakMap<HistoryEntry, PlannedFault | null>();
  private submissions = 0;
  private questions = 0;

  /** `lists`: how many will be submitted, so that a large rehearsal has no more faults than it can wait for. */
  constructor(seed: number, lists: number, kill: () => void) {
    this.seed = seed;
    this.blocks = { submissions: Math.max(5, Math.round(lists / 4)), questions: QUESTIONS_PER_BLOCK };
    this.kill = kill;
  }

  /** To be given to every server. */
  faults(): Fault[] {
    return [...SUBMITTING, ...ASKING].map((fault) => {
      const { name, does, status } = fault;
      const when = (request: HistoryEntry): boolean => this.meets(request) === fault;
      return { name, does, when, ...(status === undefined ? {} : { status }) };
    });
  }

  /** Every fault asks; the request is counted, and somebody killed, once. */
  private meets(request: HistoryEntry): PlannedFault | null {
    const known = this.met.get(request);
    if (known !== undefined) return known;
    const met = this.drawn(request);
    this.met.set(request, met);
    if (met?.kills === true) this.kill();
    return met;
  }

  private drawn({ method, path }: HistoryEntry): PlannedFault | null {
    if (method === 'POST' && path === '/jobs')
      return this.inBlock('submission', this.submissions++, this.blocks.submissions, SUBMITTING);
    if (method === 'GET' && /^\/(jobs|archive)\//.test(path))
      return this.inBlock('question', this.questions++, this.blocks.questions, ASKING);
    return null;
  }

  private inBlock(what: string, count: number, size: number, kinds: readonly PlannedFault[]): PlannedFault | null {
    const block = Math.floor(count / size);
    if (count % size !== Math.floor(chance(this.seed, what, block) * size)) return null;
    const first = Math.floor(chance(this.seed, what, 'first') * kinds.length);
    return kinds[(first + block) % kinds.length] ?? null;
  }
}

/** One of the servers, soon after the beginning. */
export function downTime(seed: number, servers: readonly string[]): DownTime {
  const server = servers[Math.floor(chance(seed, 'down') * servers.length)] ?? '';
  return { server, round: 2 + Math.floor(chance(seed, 'down from') * 3) };
}
