/**
 * monitoring: one run of the monitor over the lists in DOING.
 *
 * It sorts the lists by row and place, has the servers asked about them, and hands what was seen to the seven rules.
 * Lists under rule 1 wait for the end, where the brake sees how many there are.
 */
import { nextStep, whereIs } from '../rules/placement.js';
import { whyTooLong } from '../lists/names.js';
import { backToTodo } from '../rules/settlement.js';
import { at } from '../lists/transition.js';
import { EXIT } from '../errors.js';
import type { ListRow } from '../ftsJob.js';
import * as listRows from '../database/listRows.js';
import { reading } from '../database/database.js';
import { submittedList } from '../servers/look.js';
import type { Run } from '../run/program.js';
import { inBatches, LostLists } from './lostLists.js';
import { Recovery } from './recovery.js';
import { ServerRound } from './serverRound.js';
import type { Servers } from '../servers/servers.js';

/** The names of the lists in DOING, by what is to be done with them. Their rows are read when it is their turn. */
interface Sorted {
  readonly withoutRow: string[];
  readonly open: string[];
  /** By the endpoint of their job. */
  readonly submitted: Map<string, string[]>;
  readonly back: string[];
}

export class Monitoring {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly round: ServerRound;
  private readonly recovery: Recovery;
  private readonly lost: LostLists;
  private notLookedAt = 0;

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
    this.recovery = new Recovery(run, servers);
    this.lost = new LostLists(run, (names, row) => this.carry(names, row));
    this.round = new ServerRound(run, servers, this.lost);
  }

  /** `acceptLost`: a person has said that the lists under rule 1 may move, however many they are. */
  async look(acceptLost: boolean): Promise<void> {
    const { lists, strange } = this.run.spool.listing('DOING');
    const [doing, todo] = [new Set(lists), new Set(this.run.spool.listing('TODO').lists)];
    if (strange.length > 0) this.run.summary.note(`left alone, no lists: ${strange.join(', ')}`);
    const sorted = reading(this.run.books.db, () => this.sortOut(doing, todo));
    this.moveBack(sorted.back);
    await this.lookForLost(sorted);
    await this.lookAgain(sorted);
    await this.inspectAll(sorted.submitted);
    this.round.tell();
    this.lost.resubmit(doing.size, acceptLost);
    await this.recovery.nameGone(this.gone(doing, todo));
    if (
      this.notLookedAt > 0 &&
      this.servers.all().every((server) => this.servers.whyExcluded(server.endpoint) !== null)
    )
      this.run.trouble(EXIT.noServer, 'No FTS server is usable in this run: the lists stay where they are');
  }

  private sortOut(doing: ReadonlySet<string>, todo: ReadonlySet<string>): Sorted {
    const sorted: Sorted = { withoutRow: [], open: [], submitted: new Map(), back: [] };
    for (const name of doing) {
      if (this.run.journal.isAside(name)) continue;
      const row = listRows.whereabouts(this.run.books.db, name);
      const next = nextStep(row?.state ?? 'none', whereIs(todo.has(name), true));
      if (next === 'look for its jobs') sorted.withoutRow.push(name);
      else if (next === 'to TODO' || next === 'to TODO afresh') {
        if (!this.isTooLong(name)) sorted.back.push(name);
      } else if (next === 'leave and name') this.nameBoth(name);
      else if (next === 'the seven rules') submit(sorted, name, row?.endpoint ?? '');
      else sorted.open.push(name);
    }
    return sorted;
  }

  /** Lists that are not with FTS: somebody moved them here by hand. */
  private moveBack(names: readonly string[]): void {
    const { db } = this.run.books;
    inBatches(names, (batch) => {
      this.carry(batch, (name) => {
        if (listRows.list(db, name)?.state === 'SETTLED') listRows.setFailures(db, name, 0);
        listRows.setState(db, name, 'WAITING', this.run.now().getTime());
      });
      for (const name of batch) {
        this.run.summary.list({ list: name, action: 'moved', to: [at('TODO', name)] });
        this.run.summary.warn(
          `${this.run.dryRun ? 'Would move' : 'Moved'} list "${name}" from DOING to TODO: FTS has no job of it`,
        );
      }
    });
  }

  /** Lists without a row: a job of theirs is adopted, and the rules see it in this same run. */
  private async lookForLost(sorted: Sorted): Promise<void> {
    for (const name of sorted.withoutRow) {
      if (this.stopped(1)) continue;
      const found = await this.recovery.lookForJobs(name);
      if (found === 'lost') {
        if (!this.isTooLong(name)) this.lost.add(name, null);
      } else if (found === 'adopted') this.adopted(sorted, name);
      else this.notLookedAt += 1;
    }
  }

  /** Lists whose answer was lost. */
  private async lookAgain(sorted: Sorted): Promise<void> {
    for (const name of sorted.open) {
      if (this.stopped(1)) continue;
      const { list, job } = submittedList(this.run.books.db, name);
      const found = await this.recovery.lookAgain(list.name, job);
      if (found === 'adopted') this.adopted(sorted, list.name);
      else if (found === 'unsure') this.notLookedAt += 1;
      else {
        // The row stays SUBMITTING: the consumer repeats the same sid at the same server.
        this.carry([list.name], () => {});
        this.run.summary.list({ list: list.name, action: 'moved', to: [at('TODO', list.name)] });
      }
    }
  }

  private adopted(sorted: Sorted, name: string): void {
    const row = listRows.whereabouts(this.run.books.db, name);
    if (row?.state === 'SUBMITTED' && row.endpoint !== null) submit(sorted, name, row.endpoint);
    else this.run.summary.list({ list: name, action: 'adopted' });
  }

  /** One server's lists after the other, but the servers at once. */
  private async inspectAll(submitted: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const left = await Promise.all(
      [...submitted].map(([endpoint, lists]) => this.round.inspectServer(endpoint, lists)),
    );
    this.notLookedAt += left.reduce((sum, lists) => sum + lists, 0);
  }

  private carry(names: readonly string[], row: (name: string) => void): void {
    if (this.run.dryRun) return;
    const moves = names.map((name) => backToTodo(name).transition);
    this.run.journal.carry(moves, () => names.forEach(row));
  }

  private gone(doing: ReadonlySet<string>, todo: ReadonlySet<string>): ListRow[] {
    // What this run has moved to TODO is not gone: the spool is asked, not the listing from before.
    const { books, journal, spool } = this.run;
    const names: string[] = [];
    for (const name of listRows.openListNames(books.db)) if (!doing.has(name) && !todo.has(name)) names.push(name);
    return names
      .filter((name) => !journal.isAside(name) && !spool.exists('TODO', name) && !spool.exists('DOING', name))
      .flatMap((name) => listRows.list(books.db, name) ?? []);
  }

  private stopped(lists: number): boolean {
    const why = this.run.mustStop();
    if (why !== null) this.notLookedAt += lists;
    return why !== null;
  }

  /** Of a list without a job: it could not be submitted under its name. It stays, and is named. */
  private isTooLong(name: string): boolean {
    const why = whyTooLong(name);
    if (why === null) return false;
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.needsAttention(
      `List "${name}" in DOING is not moved to TODO: FTS has no job of it, and its name ${why}; it stays: give it a shorter name`,
    );
    return true;
  }

  private nameBoth(name: string): void {
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.needsAttention(
      `List "${name}" stands in TODO and in DOING: neither is touched; compare them and remove the one too many`,
    );
  }
}

function submit({ submitted }: Sorted, name: string, endpoint: string): void {
  const same = submitted.get(endpoint);
  if (same === undefined) submitted.set(endpoint, [name]);
  else same.push(name);
}
