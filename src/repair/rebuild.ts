/**
 * rebuild: fills a database in memory with all that is known of a campaign whose own is lost or damaged.
 *
 *     what can be read of the damaged database (`salvage`), but no list that FTS may have without its job
 *     how far each LFN list was cut: the furthest that any list says it was cut from
 *     for each list in TODO without a row: its possible sids at every server, as an earlier POST may be alive
 *
 * Lists in DOING without a row are left without: the monitor looks for their jobs at every server and adopts them.
 * Nothing of the campaign is changed here: the new database takes the place of the old one at the very end
 * (`replaceDatabase`), and the old one is kept.
 */
import { restoreOriginalTable } from '../database/originalTable.js';
import { cutsSoFar, type SurveyedList } from './lists.js';
import { lastStampOf } from '../lists/names.js';
import { NoServerError } from '../errors.js';
import * as campaignRows from '../database/campaignRows.js';
import * as lfnListRows from '../database/lfnListRows.js';
import * as listRows from '../database/listRows.js';
import * as tables from '../database/tables.js';
import { chooseJob, findAttempts, record, type FoundJob, type SearchVerdict } from '../servers/jobSearch.js';
import { makeCursor, type LostCursor } from './lostCursor.js';
import type { Run } from '../run/program.js';
import type { Salvaged } from './salvage.js';
import type { Servers } from '../servers/servers.js';

export class Rebuild {
  private readonly run: Run;
  private readonly lists: readonly SurveyedList[];
  readonly campaign: string;
  private held: Salvaged['held'] = new Map();

  constructor(run: Run, lists: readonly SurveyedList[], campaign: string) {
    this.run = run;
    this.lists = lists;
    this.campaign = campaign;
  }

  /** What could be read of the damaged database. Returns how many rows of each table. */
  fromDamaged(salvaged: Salvaged): Record<tables.Table, number> {
    this.held = salvaged.held;
    return this.run.journal.commit(() => {
      const { db } = this.run;
      campaignRows.createCampaign(db, this.campaign);
      const restored = (table: tables.Table): number =>
        salvaged.tables[table].filter((row) => tables.restore(db, table, row)).length;
      const counts = Object.fromEntries(tables.TABLES.map((table) => [table, restored(table)]));
      listRows.dropListsWithoutJob(db);
      restoreOriginalTable(db, salvaged.original);
      campaignRows.setTakeOverTimes(db, salvaged.takeOver);
      const stamps = [lastStampOf(this.lists.map((list) => list.name)), salvaged.lastStamp];
      const last = stamps
        .flatMap((stamp) => stamp ?? [])
        .sort()
        .at(-1);
      if (last !== undefined) campaignRows.setLastStamp(db, last);
      return counts as Record<tables.Table, number>;
    });
  }

  /** How far each LFN list was cut, where the damaged database did not say. */
  cursors(): LostCursor[] {
    const { db, base, settings } = this.run;
    const known = new Map(lfnListRows.lfnLists(db).map((row) => [row.name, row.offset]));
    const lost = cutsSoFar(this.lists).filter(({ lfnList, offset }) => (known.get(lfnList) ?? -1) < offset);
    const cursors = lost.map((cut) => makeCursor(base, cut, settings, this.run.now()));
    for (const { row } of cursors) lfnListRows.putLfnList(db, row);
    return cursors;
  }

  /** Lists in DOING of which there is no row. */
  unknownInDoing(): string[] {
    return this.namesIn('DOING').filter((name) => listRows.list(this.run.db, name) === null);
  }

  unknownInTodo(): SurveyedList[] {
    return this.lists.filter((list) => list.place === 'TODO' && listRows.list(this.run.db, list.name) === null);
  }

  /**
   * Rows for lists in TODO: those of which FTS has a job are SUBMITTED (the consumer moves them to DOING, and the rules
   * decide), the others wait. Null when something needs a person first. Throws NoServerError when a server cannot be
   * asked.
   */
  async lookForJobs(
    servers: Servers,
    without: readonly string[],
  ): Promise<{ readonly adopted: number; readonly waiting: number } | null> {
    const lists = this.unknownInTodo();
    const endpoints = servers.all().flatMap(({ name, endpoint }) => (without.includes(name) ? [] : [endpoint]));
    const together = this.run.settings.consumer.concurrency;
    const kinds: SearchVerdict['kind'][] = [];
    const { progress } = this.run;
    progress.begin({ what: 'asking the servers', unit: 'lists' });
    for (let first = 0; first < lists.length; first += together) {
      progress.reach(first, first / lists.length);
      const stop = this.run.mustStop();
      if (stop !== null) {
        this.run.summary.needsAttention(
          `Not all lists in TODO were looked for at the servers: ${stop}; nothing was done; repair again`,
        );
        return null;
      }
      const batch = lists.slice(first, first + together);
      const found = await Promise.all(batch.map((list) => this.find(servers, endpoints, list.name)));
      kinds.push(...batch.map((list, index) => this.put(list, found[index] ?? [])));
    }
    progress.end();
    if (kinds.includes('several')) return null;
    const adopted = kinds.filter((kind) => kind === 'one').length;
    return { adopted, waiting: lists.length - adopted };
  }

  private async find(servers: Servers, endpoints: readonly string[], name: string): Promise<readonly FoundJob[]> {
    const found = await findAttempts(servers, endpoints, { campaign: this.campaign, name });
    if (!('unasked' in found)) return found;
    const server = servers.nameOf(found.unasked);
    throw new NoServerError(
      `Cannot tell whether list "${name}" in TODO has a job at ${server}: ${servers.whyExcluded(found.unasked) ?? 'it gives no answer'}; nothing was changed; try again when it answers, or leave it out with --without ${server} if none of these lists can be there`,
    );
  }

  private put(list: SurveyedList, found: readonly FoundJob[]): SearchVerdict['kind'] {
    const { db } = this.run;
    const { name, failures, transfers, splitFrom } = list;
    const now = this.run.now().getTime();
    const held = this.held.get(name) ?? 0;
    const verdict = chooseJob(found);
    switch (verdict.kind) {
      case 'none':
        listRows.waiting(db, { name, failures, transfers, splitFrom, now });
        if (held > (listRows.holdUntil(db, name) ?? 0)) listRows.setHold(db, name, held);
        break;
      case 'one': {
        const known = { failures: failures + verdict.failures, transfers, now };
        record(db, { campaign: this.campaign, name }, verdict.latest, known);
        break;
      }
      case 'several': {
        const jobs = found.map(({ job, session }) => `${job.id} ${job.state} at ${session.name}`).join(', ');
        this.run.summary.needsAttention(
          `List "${name}" in TODO has several jobs (${jobs}): nothing was done; cancel all but one, and repair again`,
        );
      }
    }
    return verdict.kind;
  }

  private namesIn(place: SurveyedList['place']): string[] {
    return this.lists.filter((list) => list.place === place).map((list) => list.name);
  }
}
