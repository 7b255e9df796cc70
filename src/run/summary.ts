/**
 * summary: what a run did, for the cron mail and for `--json`.
 *
 * The programs tell it each list once; it counts, and it knows whether a person is needed. Rendering is pure: the
 * same run gives the same text.
 */
import { ACTIONS, type Action, type ListReport, type Message } from './report.js';
import { summaryText } from './summaryText.js';
import { escapeText, jsonLine } from '../text/escape.js';
import { named, plural } from '../text/words.js';

export type ReportedList = Pick<ListReport, 'list' | 'action'> & Partial<ListReport>;

const NOWHERE: readonly string[] = [];

/** So many lists are named that wait for one thing: they may be thousands. */
const MOST_NAMED = 3;

export class Summary {
  readonly program: string;
  private readonly dryRun: boolean;
  private readonly lists: ListReport[] = [];
  private readonly messages: Message[] = [];
  /** The lists that wait in TODO, by what is said of them, and where in `messages` that stands. */
  private readonly waiting = new Map<string, { readonly place: number; readonly names: string[] }>();
  private transfers = 0;
  private badTransfers = 0;
  private hasDaily = false;
  private readonly extra: Record<string, unknown> = {};
  private page: string | null = null;
  private report: object | null = null;
  private readonly told: (list: ListReport, transfers: number) => void;

  /** `told` hears of each list at once. */
  constructor(program: string, dryRun: boolean, told: (list: ListReport, transfers: number) => void = () => {}) {
    this.program = program;
    this.dryRun = dryRun;
    this.told = told;
  }

  /** What was done with a list, and how many transfers that moved. */
  list(report: ReportedList, transfers = 0): void {
    const { list: name, state = null, rule = null, action, jobId = null, server = null, to = NOWHERE } = report;
    const list = { list: name, state, rule, action, jobId, server, to };
    this.lists.push(list);
    this.transfers += transfers;
    this.told(list, transfers);
  }

  /** Transfers that went to DONE/Bad: they wait for a person, but the run has handled them. */
  bad(transfers: number): void {
    this.badTransfers += transfers;
  }

  say({ gravity, text }: Message): void {
    this.messages.push({ gravity, text: escapeText(text) });
  }

  /** A fact for the reader; nothing is wrong. */
  note(text: string): void {
    this.say({ gravity: 'note', text });
  }

  /** A note that is to be read although nothing is wrong: it is printed with `--quiet` too. */
  daily(text: string): void {
    this.note(text);
    this.hasDaily = true;
  }

  /** Something is not as it should be; the run could go on. */
  warn(text: string): void {
    this.say({ gravity: 'warning', text });
  }

  /** A list waits in TODO: one warning of all that wait for the same. `why` follows "in TODO". */
  warnWaits(list: string, why: string): void {
    const { place, names } = this.waiting.get(why) ?? { place: this.messages.length, names: [] };
    names.push(list);
    this.waiting.set(why, { place, names });
    const which =
      names.length === 1
        ? `List "${list}" waits`
        : `${plural(names.length, 'list')} (${named(names, MOST_NAMED)}) wait`;
    this.messages[place] = { gravity: 'warning', text: escapeText(`${which} in TODO${why}`) };
  }

  /** Something that a person must look at: the run ends with 3. */
  needsAttention(text: string): void {
    this.say({ gravity: 'person', text });
  }

  /** Further keys of the JSON object. */
  add(key: string, value: unknown): void {
    this.extra[key] = value;
  }

  /** What stands in place of the headline; `report`, where given, is the whole JSON object. */
  show(page: string, report: object | null = null): void {
    this.page = page;
    this.report = report;
  }

  needsPerson(): boolean {
    return this.messages.some((message) => message.gravity === 'person');
  }

  /** Is there something that a person should read although the run ended with 0? */
  worthReading(): boolean {
    return this.needsPerson() || this.badTransfers > 0 || this.hasDaily;
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
    if (this.report !== null) return jsonLine(this.report);
    const { program, lists } = this;
    return jsonLine({ program, lists, counts: this.counts(), warnings: this.warnings(), ...this.extra, exit });
  }

  text(): string {
    const { program, dryRun, lists, messages, badTransfers, page } = this;
    return summaryText({ program, dryRun, lists, counts: this.counts(), messages, badTransfers, page });
  }
}
