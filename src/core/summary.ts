/**
 * summary: what a run did, for the cron mail and for `--json`.
 *
 * The programs tell it each list once; it counts, and it knows whether a person is needed. Rendering is pure: the
 * same run gives the same text.
 */
import { escapeText } from './text.js';

export const ACTIONS = ['cut', 'submitted', 'adopted', 'waiting', 'kept', 'moved', 'split', 'bad', 'skipped'] as const;
export type Action = (typeof ACTIONS)[number];

/** One list, as `--json` shows it. Paths are relative to the base directory. */
export interface ListReport {
  readonly list: string;
  readonly state: string | null;
  readonly rule: number | null;
  readonly action: Action;
  readonly jobId: string | null;
  readonly server: string | null;
  readonly to: readonly string[];
}

export type Report = Pick<ListReport, 'list' | 'action'> & Partial<ListReport>;

/** How grave a message is: a plain note, a warning, or something that waits for a person (exit 3). */
type Gravity = 'note' | 'warning' | 'person';

export class Summary {
  readonly program: string;
  private readonly dryRun: boolean;
  private readonly lists: ListReport[] = [];
  private readonly messages: { gravity: Gravity; text: string }[] = [];
  private transfers = 0;
  private badTransfers = 0;
  private readonly extra: Record<string, unknown> = {};

  constructor(program: string, dryRun: boolean) {
    this.program = program;
    this.dryRun = dryRun;
  }

  /** What was done with a list, and how many transfers that moved. */
  list(report: Report, transfers = 0): void {
    this.lists.push({ state: null, rule: null, jobId: null, server: null, to: [], ...report });
    this.transfers += transfers;
  }

  /** Transfers that went to DONE/Bad: they wait for a person, but the run has handled them. */
  bad(transfers: number): void {
    this.badTransfers += transfers;
  }

  /** A fact for the reader; nothing is wrong. */
  note(text: string): void {
    this.messages.push({ gravity: 'note', text: escapeText(text) });
  }

  /** Something is not as it should be; the run could go on. */
  warn(text: string): void {
    this.messages.push({ gravity: 'warning', text: escapeText(text) });
  }

  /** Something that a person must look at: the run ends with 3. */
  person(text: string): void {
    this.messages.push({ gravity: 'person', text: escapeText(text) });
  }

  /** Further keys of the JSON object. */
  add(key: string, value: unknown): void {
    this.extra[key] = value;
  }

  needsPerson(): boolean {
    return this.messages.some((message) => message.gravity === 'person');
  }

  /** Is there something that a person should read although the run ended with 0? */
  worthReading(): boolean {
    return this.needsPerson() || this.badTransfers > 0;
  }

  warnings(): string[] {
    return this.messages.filter((message) => message.gravity !== 'note').map((message) => message.text);
  }

  counts(): Record<Action | 'transfers', number> {
    const counts = Object.fromEntries(ACTIONS.map((action) => [action, 0])) as Record<Action, number>;
    for (const list of this.lists) counts[list.action] += 1;
    return { ...counts, transfers: this.transfers };
  }

  json(exit: number): string {
    const { program, lists } = this;
    return JSON.stringify({ program, lists, counts: this.counts(), warnings: this.warnings(), ...this.extra, exit });
  }

  text(): string {
    const lines = [this.headline()];
    for (const list of this.lists) if (list.action !== 'kept') lines.push(`  ${inWords(list)}`);
    const kept = this.keptByState();
    if (kept !== '') lines.push(`  still in DOING: ${kept}`);
    for (const { gravity, text } of this.messages) lines.push(gravity === 'note' ? `  ${text}` : `! ${text}`);
    if (this.badTransfers > 0)
      lines.push(`  ${plural(this.badTransfers, 'transfer')} went to DONE/Bad, each under its reason`);
    return `${lines.join('\n')}\n`;
  }

  private headline(): string {
    const counts = this.counts();
    const parts = ACTIONS.filter((action) => counts[action] > 0).map((action) => `${counts[action]} ${action}`);
    const transfers = this.transfers > 0 ? ` (${plural(this.transfers, 'transfer')})` : '';
    const what = parts.length === 0 ? 'nothing to do' : `${parts.join(', ')}${transfers}`;
    return `${this.program}${this.dryRun ? ' (dry run: nothing is changed)' : ''}: ${what}`;
  }

  private keptByState(): string {
    const byState = new Map<string, number>();
    for (const list of this.lists)
      if (list.action === 'kept') byState.set(list.state ?? 'unknown', (byState.get(list.state ?? 'unknown') ?? 0) + 1);
    return [...byState].map(([state, count]) => `${count} ${state}`).join(', ');
  }
}

function inWords(list: ListReport): string {
  const where = list.to.length > 0 ? ` → ${list.to.join(', ')}` : '';
  const rule = list.rule === null ? '' : ` (rule ${list.rule}${list.state === null ? '' : `, ${list.state}`})`;
  const job = list.server === null || list.action === 'moved' ? '' : ` ${list.server} ${list.jobId ?? ''}`.trimEnd();
  return `${list.list}: ${list.action}${rule}${job}${where}`;
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
