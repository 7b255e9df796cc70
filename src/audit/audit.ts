/**
 * audit: accounts for every transfer of a campaign, and names what is off.
 *
 * What a killed run has left open in the journal is taken as done, since the next run does it; it is named all the
 * same. Nothing is written, and no server is asked. While another run is going on, what it moves may look odd.
 */
import { Findings, type Kind } from './findings.js';
import { escapeText } from '../text/escape.js';
import { inWords, type Step } from '../lists/transition.js';
import { AuditedCampaign } from './auditedCampaign.js';
import type { AuditedLfnList } from './auditedLfnList.js';
import type { AuditedList, Oddity } from './auditedLists.js';
import { Census } from './balance.js';
import { leaseState } from '../lease/lease.js';
import { misplaced } from './misplaced.js';
import { nameOdd } from './naming.js';
import type { Run } from '../run/program.js';
import { nameShared } from './sharedLfns.js';

export interface Audited {
  readonly census: Census;
  readonly findings: Findings;
  /** LFN lists that were cut to their end and taken away: their transfers were counted, not compared. */
  readonly putAway: readonly AuditedLfnList[];
  /** Who is changing the campaign while it is looked at; null: nobody. */
  readonly busy: string | null;
}

/** `most`: how many findings of each kind are named; all are counted. */
export function audit(run: Run, most: number): Audited {
  const before = leaseState(run.base, run.env);
  const auditor = new Auditor(run, most);
  auditor.look();
  const after = leaseState(run.base, run.env);
  const holder = [before, after].find((state) => state?.held === true)?.holder;
  const busy = holder !== undefined || before?.number !== after?.number ? (holder?.program ?? 'another program') : null;
  return { census: auditor.census, findings: auditor.findings, putAway: auditor.putAway(), busy };
}

class Auditor {
  readonly findings: Findings;
  readonly census: Census;
  private readonly run: Run;
  private readonly campaign: AuditedCampaign;
  private readonly transitions: readonly { list: string; steps: readonly Step[]; aside: string | null }[];
  private readonly todo = new Set<string>();
  private readonly doing = new Set<string>();

  constructor(run: Run, most: number) {
    this.run = run;
    this.findings = new Findings(most);
    this.transitions = run.journal.pending();
    const open = this.transitions.filter(({ aside }) => aside === null).map(({ steps }) => steps);
    this.campaign = new AuditedCampaign(run, open);
    this.census = new Census(this.campaign, most);
  }

  look(): void {
    this.nameTransitions();
    this.census.take({
      list: (list) => this.meet(list),
      oddity: (oddity) => this.nameOddity(oddity),
      overlap: ({ name }, { first, last }) =>
        this.find(
          'overlap',
          `Bytes ${first}-${last} of "${name}" were cut twice: "grep -l" in the lists shows by which`,
          {
            lfnList: name,
          },
        ),
    });
    misplaced(this.run.books.db, this.todo, this.doing, ({ list, message }) => {
      if (!this.transitions.some((transition) => transition.aside !== null && transition.list === list))
        this.find('misplaced', message, {});
    });
    for (const lfnList of this.campaign.lfnLists.values()) this.judgeLfnList(lfnList);
    for (const { lfnList, firstLine, lastLine } of this.census.gaps)
      this.find(
        'gap',
        `Lines ${firstLine}-${lastLine} of "${lfnList.name}" were cut, and no list says that it was cut from them`,
        { lfnList: lfnList.name, line: firstLine },
      );
    nameOdd(this.campaign, this.census, this.findings);
    nameShared(this.campaign, this.census, this.findings);
  }

  putAway(): AuditedLfnList[] {
    return [...this.campaign.lfnLists.values()].filter((lfnList) => lfnList.isPutAway());
  }

  private meet(list: AuditedList): void {
    if (list.place === 'TODO') this.todo.add(list.name);
    if (list.place === 'DOING') this.doing.add(list.name);
    const { origin, unreadable } = list.scanned;
    if (unreadable > 0)
      this.find(
        'unreadable',
        `${list.path} has ${unreadable} lines that are no transfers: mend them, or make them comments`,
        {
          lists: [list.path],
        },
      );
    if (this.campaign.isOfOther(origin.campaign))
      this.find(
        'other campaign',
        `${list.path} belongs to campaign ${escapeText(origin.campaign ?? '')}: it was counted as made by hand`,
        {
          lists: [list.path],
        },
      );
  }

  private nameOddity({ kind, path, why }: Oddity): void {
    const kinds: Record<Oddity['kind'], Kind> = { draft: 'draft', 'no list': 'strange', unreadable: 'unreadable' };
    this.find(kinds[kind], `${escapeText(path)} ${why}`, { lists: [path] });
  }

  private nameTransitions(): void {
    for (const { list, steps, aside } of this.transitions) {
      const what = `(${steps.map(inWords).join('; ')})`;
      if (aside === null)
        this.find(
          'open transition',
          `A run was cut off while it moved list "${list}": the next run finishes it ${what}`,
          {},
        );
      else
        this.find(
          'set aside',
          `List "${list}" could not be moved (${aside}): put it where one of the two names says ${what}`,
          {},
        );
    }
  }

  private judgeLfnList(lfnList: AuditedLfnList): void {
    const { name, row, why } = lfnList;
    const cursor = row?.offset ?? 0;
    const end = lfnList.ranges.end();
    if (end > cursor)
      this.find(
        'cursor',
        `Lists were cut from "${name}" up to byte ${end}, and the database knows of ${cursor}: the next producer would cut what is between once more; run node dist/misc/repair.js`,
        { lfnList: name },
      );
    if (why === null || row === null) return;
    if (!lfnList.isPutAway())
      this.find('LFN list', `LFN list "${name}" ${why}: what was cut from it was counted, not compared`, {
        lfnList: name,
      });
    const lacking = row.transfers - lfnList.standing - lfnList.dropped;
    if (lacking === 0) return;
    const [kind, what] = lacking > 0 ? (['missing', 'fewer'] as const) : (['doubled', 'more'] as const);
    this.find(kind, `${Math.abs(lacking)} transfers ${what} stand in lists than were cut from "${name}"`, {
      lfnList: name,
    });
    this.findings.more(kind, Math.abs(lacking) - 1);
  }

  private find(kind: Kind, message: string, details: { lfnList?: string; line?: number; lists?: string[] }): void {
    this.findings.add({ kind, message, ...details });
  }
}
