/**
 * producer: cuts the next LFNs from the LFN lists into time-stamped lists in TODO.
 *
 *     for each LFN list, in the order of their names, until enough lists are made:
 *       until 200 lists are cut, or it is exhausted:
 *         read on behind its cursor until the list is full, or the next LFN is of another group (producer.group_by);
 *         a bad line becomes a comment of it, an LFN that it has already is left out
 *       in one commit: the cursor, the last name used, the lists' rows, the journal's entries
 *       then write the lists into TODO
 *
 * The cursor moves in the commit that journals the lists cut up to it, so no line is cut twice and none is left out:
 * before the commit nothing was cut, behind it the next run writes the lists that a crash has kept from TODO.
 */
import type { Command } from 'commander';
import { formatBadList } from '../lists/badList.js';
import { Cut, groupOf, type GroupBy } from './cut.js';
import { formatList, type Origin, type Transfer } from '../lists/list.js';
import { freeName, nextName } from '../lists/names.js';
import { perDay, remainingInWords } from '../lfnLists/pace.js';
import { agree, DAY_MS, plural } from '../text/words.js';
import { PLACES, placing, targets, type Placed, type Step, type Transition } from '../lists/transition.js';
import { inputs, openInput, type LfnListInput } from '../lfnLists/lfnLists.js';
import type { Cursor, LfnReader } from '../lfnLists/reader.js';
import { wholeNumber } from '../run/options.js';
import type { Program, Run } from '../run/program.js';
import { jobOf, titleOf, type Route } from '../settings/route.js';
import * as campaignRows from '../database/campaignRows.js';
import * as lfnListRows from '../database/lfnListRows.js';
import * as listRows from '../database/listRows.js';

interface Options {
  readonly lfns?: number;
  readonly lists?: number;
}

/** Lists that share one commit: a crash before it has cut none of them. */
const LISTS_PER_COMMIT = 200;
const WEEK_MS = 7 * DAY_MS;

/** A list that is cut and not committed yet. */
interface NewList {
  readonly transition: Transition;
  readonly name: string;
  readonly cut: Cut;
}

async function produce(run: Run, options: Options): Promise<void> {
  const files = await inputs(run);
  if (files.length === 0)
    run.summary.note(`no LFN list to read: producer.lfn_lists is ${run.settings.producer.lfn_lists.join(', ')}`);
  let lists = options.lists ?? run.settings.producer.lists_per_run;
  let remaining = 0;
  // A dry run commits none of them: what it names next goes on from here.
  let stamp = campaignRows.campaign(run.db)?.lastStamp ?? null;
  const firsts = new Map<Route, Transfer>();
  for (const input of files) {
    const producer = new Producer(run, input, options.lfns, stamp);
    try {
      lists -= producer.cut(lists);
      stamp = producer.stamp;
      remaining += producer.remaining();
      if (producer.first !== null && !firsts.has(input.route)) firsts.set(input.route, producer.first);
    } finally {
      producer.close();
    }
  }
  if (run.dryRun) sayRoutes(run, firsts);
  sayRemaining(run, remaining);
}

/** Cuts lists from one LFN list. */
class Producer {
  private readonly run: Run;
  private readonly input: LfnListInput;
  private readonly lfnsPerList: number;
  private readonly reader: LfnReader;
  private readonly startedAt: number;
  private readonly counts: { transfers: number; duplicates: number; badLines: number };
  /** The first transfer that was cut. */
  first: Transfer | null = null;
  private readonly groupBy: GroupBy | undefined;
  /** The last line that was cut, and where it ends. */
  private line: number;
  private offset: number;
  /** That of the last name. */
  stamp: string | null;

  /** `lfnsPerList`: as a person has said. */
  constructor(run: Run, input: LfnListInput, lfnsPerList: number | undefined, stamp: string | null) {
    this.run = run;
    this.input = input;
    this.lfnsPerList = lfnsPerList ?? input.route.lfns_per_list ?? run.settings.producer.lfns_per_list;
    this.reader = openInput(run, input);
    this.startedAt = run.now().getTime();
    this.groupBy = run.settings.producer.group_by;
    this.offset = input.row?.offset ?? 0;
    this.line = input.row?.line ?? 0;
    this.stamp = stamp;
    const { transfers = 0, duplicates = 0, badLines = 0 } = input.row ?? {};
    this.counts = { transfers, duplicates, badLines };
  }

  /** Cut at most so many lists; returns how many. */
  cut(most: number): number {
    let done = 0;
    while (done < most && this.run.mustStop() === null) {
      const batch: NewList[] = [];
      while (batch.length < Math.min(LISTS_PER_COMMIT, most - done)) {
        const list = this.next();
        if (list === null) break;
        batch.push(list);
      }
      if (batch.length === 0) break;
      this.commit(batch);
      done += batch.length;
    }
    return done;
  }

  /** LFNs behind the cursor: estimated by bytes, as counting them would read the whole file. */
  remaining(): number {
    return this.reader.remaining() / this.reader.meanLineBytes();
  }

  close(): void {
    this.reader.close();
  }

  /** The next list; null when the LFN list is exhausted. */
  private next(): NewList | null {
    const cut = new Cut(this.input.name, this.input.route, this.lfnsPerList);
    const firstByte = this.offset;
    while (!cut.full()) {
      const line = this.reader.next();
      if (line === null) break;
      if (this.groupBy !== undefined && !cut.takes(groupOf(line, this.groupBy))) {
        this.reader.backTo(this.offset, this.line);
        break;
      }
      cut.add(line);
      this.offset = line.end;
      this.line = line.line;
    }
    if (cut.lines() === 0) return null;
    this.first ??= cut.transfers[0] ?? null;
    const { uuid } = campaignRows.campaign(this.run.db) ?? { uuid: this.run.campaign };
    const { name: route } = this.input.route;
    const origin: Origin = {
      campaign: uuid,
      from: { lfnList: this.input.name, firstByte, lastByte: this.offset - 1 },
      ...(route === undefined ? {} : { route }),
    };
    const name = this.name();
    return { name, cut, transition: { list: name, steps: this.steps(name, cut, origin) } };
  }

  private steps(name: string, cut: Cut, origin: Origin): Step[] {
    const into: Placed[] = [];
    if (cut.badLines.length > 0) {
      const free = freeName(name, (wanted) => this.run.spool.exists('DONE/Bad', wanted));
      into.push({ place: 'DONE/Bad', name: free, content: formatBadList(origin, [], cut.badLines) });
    }
    if (cut.transfers.length > 0) into.push({ place: 'TODO', name, content: formatList(origin, cut.transfers) });
    return into.map(placing);
  }

  /** A name that no list has or had: its sids must be new. */
  private name(): string {
    for (;;) {
      const { name, stamp } = nextName(this.run.now(), this.stamp);
      this.stamp = stamp;
      if (listRows.list(this.run.db, name) === null && !PLACES.some((place) => this.run.spool.exists(place, name)))
        return name;
    }
  }

  /**
   * The lists, their rows and the cursor. A crash before the commit has cut nothing; after it, `redo` writes the lists
   * that are not there yet, and the next run goes on behind them.
   */
  private commit(batch: readonly NewList[]): void {
    for (const { cut } of batch) {
      this.counts.transfers += cut.transfers.length;
      this.counts.duplicates += cut.duplicates;
      this.counts.badLines += cut.badLines.length;
    }
    if (!this.run.dryRun) {
      const cursor = this.reader.cursor();
      this.run.journal.carry(
        batch.map((list) => list.transition),
        () => this.writeRows(batch, cursor),
      );
    }
    for (const list of batch) this.tell(list);
  }

  private writeRows(batch: readonly NewList[], cursor: Cursor): void {
    const { db } = this.run;
    const now = this.run.now().getTime();
    for (const { name, cut } of batch)
      if (cut.transfers.length > 0)
        listRows.waiting(db, { name, failures: 0, transfers: cut.transfers.length, splitFrom: null, now });
    lfnListRows.putLfnList(db, { name: this.input.name, ...cursor, ...this.counts });
    if (this.stamp !== null) campaignRows.setLastStamp(db, this.stamp);
    lfnListRows.addCut(
      db,
      this.startedAt,
      batch.reduce((sum, { cut }) => sum + cut.transfers.length, 0),
    );
  }
  private tell({ name, cut, transition }: NewList): void {
    const to = targets(transition);
    this.run.summary.list({ list: name, action: 'cut', to }, cut.transfers.length);
    if (cut.badLines.length > 0)
      this.run.summary.warn(
        `${plural(cut.badLines.length, 'line')} of "${this.input.name}" ${agree(cut.badLines.length, 'is no LFN', 'are no LFNs')}: ${this.run.dryRun ? 'would go to' : 'see'} DONE/Bad/${name}`,
      );
    if (cut.duplicates > 0)
      this.run.summary.warn(
        `${plural(cut.duplicates, 'LFN')} of "${this.input.name}" ${this.run.dryRun ? 'would be dropped' : 'dropped'}: already in list "${name}"`,
      );
  }
}

/** For a dry run: what would come to FTS first, so that a wrong prefix is seen before it is sent. */
function sayRoutes(run: Run, firsts: ReadonlyMap<Route, Transfer>): void {
  const shown = run.settings.route.map((route) => {
    const first = firsts.get(route) ?? null;
    const title = `route ${titleOf(route)}`;
    if (first === null) {
      run.summary.note(`${title}: nothing would be cut by it`);
      return { route: titleOf(route), first, params: null };
    }
    const params = jobOf(run.settings, route);
    const said = Object.entries(params).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    for (const side of ['source', 'destination'] as const) {
      const file = route[`${side}_token_file`];
      if (file !== undefined) said.push(`${side}_tokens (the token in ${file}, with each file)`);
    }
    run.summary.note(`${title}: ${first.source} → ${first.destination}`);
    run.summary.note(`${title}: FTS would be sent ${said.join(', ')}`);
    return { route: titleOf(route), first, params };
  });
  run.summary.add('routes', shown);
}

function sayRemaining(run: Run, remaining: number): void {
  const runs = lfnListRows.cutsSince(run.db, run.now().getTime() - WEEK_MS);
  const daily = perDay(runs);
  run.summary.note(remainingInWords(remaining, daily));
  run.summary.add('remaining', { lfns: Math.round(remaining), perDay: Math.round(daily) });
}

export const producer: Program<Options> = {
  name: 'producer',
  description: 'Cuts the next LFNs from the LFN lists into lists in TODO.',
  options: (command: Command) =>
    command
      .option('--lfns <n>', 'LFNs a list (default: producer.lfns_per_list)', wholeNumber(1))
      .option('--lists <n>', 'lists to cut (default: producer.lists_per_run)', wholeNumber(1)),
  main: produce,
};
