/**
 * summaryText: a run's summary for people: the cron mail, a terminal of 80 columns.
 *
 * Lists are grouped by what was done with them, a line each. They may be thousands: of each group the first are named,
 * the log names all. Those that only stay in DOING are counted by state.
 */
import { ACTIONS, type Action, type ListReport, type Message } from './report.js';
import { escapeText } from '../text/escape.js';
import { plural, shown } from '../text/words.js';

export interface SummaryFacts {
  readonly program: string;
  readonly dryRun: boolean;
  readonly lists: readonly ListReport[];
  readonly counts: Readonly<Record<Action | 'transfers', number>>;
  readonly messages: readonly Message[];
  readonly badTransfers: number;
  /** Stands in place of the headline. */
  readonly page: string | null;
}

export function summaryText(facts: SummaryFacts): string {
  const lines: string[] = [];
  for (const action of ACTIONS) {
    const lists = facts.lists.filter((list) => list.action === action);
    if (action === 'kept' || lists.length === 0) continue;
    lines.push(`${facts.dryRun ? WOULD[action] : action}:`, ...shown(lists.map(inWords)));
  }
  const kept = keptByState(facts.lists);
  if (kept !== '') lines.push(`still in DOING: ${kept}`);
  for (const { gravity, text } of facts.messages) lines.push(gravity === 'note' ? text : `! ${text}`);
  if (facts.badTransfers > 0)
    lines.push(
      `${plural(facts.badTransfers, 'transfer')} ${facts.dryRun ? 'would go' : 'went'} to DONE/Bad, each under its reason`,
    );
  // States come from servers. A page may hold colours, and was escaped where it was made.
  return `${[facts.page ?? headline(facts), ...lines.map(escapeText)].join('\n')}\n`;
}

/** What is only foretold, as the head of its lists. */
const WOULD: Readonly<Record<Action, string>> = {
  cut: 'would be cut',
  submitted: 'would be submitted',
  adopted: 'would be adopted',
  waiting: 'would wait',
  kept: 'would be kept',
  moved: 'would be moved',
  split: 'would be split',
  bad: 'would go to DONE/Bad',
  skipped: 'would be skipped',
};

function headline({ program, dryRun, counts, messages }: SummaryFacts): string {
  // Above a trouble nobody knows whether there was something to do.
  const isTroubled = messages.some(({ gravity }) => gravity !== 'note');
  const nothing = isTroubled ? `nothing ${dryRun ? 'would be' : 'was'} done` : 'nothing to do';
  const parts = ACTIONS.filter((action) => counts[action] > 0).map((action) => `${counts[action]} ${action}`);
  const transfers = counts.transfers > 0 ? ` (${plural(counts.transfers, 'transfer')})` : '';
  const what = parts.length === 0 ? nothing : `${parts.join(', ')}${transfers}`;
  return `${program}${dryRun ? ' (dry run, nothing is changed)' : ''}: ${what}`;
}

function inWords({ list, action, state, rule, server, jobId, to }: ListReport): string {
  // Where a submitted list goes is clear, and its job id fills the line.
  if (action === 'submitted' || action === 'adopted') return `${list} ${server ?? ''} ${jobId ?? ''}`.trimEnd();
  const where = to.length === 0 ? '' : ` → ${to.map((path) => target(path, list)).join(', ')}`;
  const why = rule === null ? '' : ` (rule ${rule}${state === null ? '' : `, ${state}`})`;
  return `${list}${where}${why}`;
}

/** `DONE/Okay` for the list under its own name, `TODO/D…` under a longer one, else the whole path. */
function target(path: string, list: string): string {
  const place = path.slice(0, path.lastIndexOf('/'));
  const name = path.slice(place.length + 1);
  if (name === list) return place;
  return name.endsWith(list) ? `${place}/${name.slice(0, -list.length)}…` : path;
}

function keptByState(lists: readonly ListReport[]): string {
  const byState = new Map<string, number>();
  for (const { action, state } of lists)
    if (action === 'kept') byState.set(state ?? 'unknown', (byState.get(state ?? 'unknown') ?? 0) + 1);
  return [...byState].map(([state, count]) => `${count} ${state}`).join(', ');
}
