/**
 * candidate: a list in TODO, made ready for submission.
 *
 * It is read and parsed here, once. What cannot be submitted at all (an unreadable file, nothing readable in it,
 * nothing in it) is dealt with at once and is no candidate.
 */
import { badLineComment, droppedLineComment, formatBadList, type BadTransfer } from '../lists/badList.js';
import { formatList, parseList, type ParsedList } from '../lists/list.js';
import { submittable, type UnfitLine } from '../lists/submittable.js';
import type { NextStep } from '../rules/placement.js';
import { plural } from '../text/words.js';
import { distribute, moving, targets, type Placed, type Transition } from '../lists/transition.js';
import { freeName } from '../lists/names.js';
import type { JobRow, ListRow } from '../ftsJob.js';
import { job } from '../database/jobRows.js';
import { list, setState } from '../database/listRows.js';
import type { Run } from '../run/program.js';
import { routeNamed, type Route } from '../settings/route.js';
import { sha256 } from '../spool/digest.js';

export interface Candidate {
  readonly name: string;
  readonly nextStep: Extract<NextStep, 'submit' | 'submit afresh' | 'look, then repeat'>;
  readonly row: ListRow | null;
  /** The attempt that is open; null unless its answer was lost. */
  readonly job: JobRow | null;
  /** Its transfers are what is submitted. */
  readonly parsed: ParsedList;
  /** Its unreadable lines, as comments for DONE/Bad. */
  readonly unreadable: readonly string[];
  /** Its lines that can be read and must not be submitted: to DONE/Bad as well. */
  readonly unfit: readonly BadTransfer[];
  readonly sha256: string;
  /** By which it was cut; null: its settings are those of [job]. */
  readonly route: Route | null;
}

/** Null when the list was dealt with instead. */
export function prepare(run: Run, name: string, nextStep: Candidate['nextStep']): Candidate | null {
  const read = run.spool.read('TODO', name);
  if ('why' in read) {
    run.summary.list({ list: name, action: 'skipped' });
    run.summary.needsAttention(`Cannot read list "${name}" in TODO: ${read.why}; make it a readable regular file`);
    return null;
  }
  const row = list(run.db, name);
  const open = row === null || nextStep !== 'look, then repeat' ? null : job(run.db, name, row.attempt);
  const whole = parseList(read.bytes);
  const route = routeNamed(run.settings.route, whole.origin.route);
  const fit = submittable(whole, route?.stage_only);
  // One whose answer was lost is looked for all the same.
  if (whole.origin.route !== undefined && route === null && open === null) {
    sayRouteUnknown(run, name, whole.origin.route);
    return null;
  }
  // All lines that were sent belong to an open attempt's job: version 1.0 sent also those that are unfit.
  const sentWhole = open !== null && row?.transfers === whole.transfers.length;
  const { parsed, unfit } = sentWhole ? { parsed: whole, unfit: [] } : fit;
  const unreadable = parsed.unreadable.map((line) => badLineComment(line.line, line.why, line.text));
  const bad = unfit.map((line) => unfitTransfer(line, run.now()));
  const candidate: Candidate = {
    name,
    nextStep,
    row,
    job: open,
    parsed,
    unreadable,
    unfit: bad,
    sha256: sha256(read.bytes),
    route,
  };
  if (candidate.parsed.transfers.length > 0 || open !== null) return candidate;
  discard(run, candidate);
  return null;
}

function sayRouteUnknown(run: Run, name: string, route: string): void {
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(
    `List "${name}" in TODO is not submitted: it was cut by the route "${route}", and the settings have none of that name; add it, or change the line "# route ${route}" of the list`,
  );
}

const unfitTransfer = ({ transfer, meaning, why }: UnfitLine, at: Date): BadTransfer => ({
  transfer,
  class: 'config',
  meaning,
  reason: `line ${transfer.line} ${why}`,
  server: 'not submitted',
  jobId: '-',
  at,
});

/** A list with nothing to submit: its unreadable lines to DONE/Bad, an empty one is removed. */
function discard(run: Run, candidate: Candidate): void {
  const { name, sha256, row } = candidate;
  const bad = badList(run, candidate);
  const transition = distribute(name, 'TODO', bad, { sha256 });
  if (!run.dryRun)
    run.journal.carry([transition], () => {
      if (row !== null) setState(run.db, name, 'SETTLED', run.now().getTime());
    });
  const to = targets(transition);
  run.summary.list({ list: name, action: bad.length === 0 ? 'skipped' : 'bad', to });
  run.summary.bad(candidate.unfit.length);
  const [moved, removed] = run.dryRun ? ['Would move', 'Would remove'] : ['Moved', 'Removed'];
  if (bad.length === 0) run.summary.warn(`${removed} list "${name}" from TODO: there was no transfer in it`);
  else if (candidate.unfit.length === 0)
    run.summary.warn(`${moved} list "${name}" to ${to.join()}: none of its lines can be read`);
  else
    run.summary.warn(
      `${moved} list "${name}" to ${to.join()}: none of its lines can be submitted, such as ${first(candidate)}`,
    );
}

/** A submitted list leaves TODO; lines that were not submitted are left behind on the way. */
export function toDoing(run: Run, candidate: Candidate): Transition {
  const { name, parsed } = candidate;
  if (parsed.unreadable.length + parsed.duplicates.length + candidate.unfit.length === 0)
    return moving(name, 'TODO', 'DOING');
  const dropped = parsed.duplicates.map(droppedLineComment);
  const content = formatList(parsed.origin, parsed.transfers, dropped);
  const into: Placed[] = [...badList(run, candidate), { place: 'DOING', name, content }];
  return distribute(name, 'TODO', into, { sha256: candidate.sha256 });
}

/** Say what of a list was not submitted. */
export function sayLeftBehind(run: Run, candidate: Candidate): void {
  const { name, parsed, unfit } = candidate;
  run.summary.bad(unfit.length);
  if (unfit.length > 0)
    run.summary.warn(
      `${plural(unfit.length, 'line')} of list "${name}" must not be submitted: ${run.dryRun ? 'would go' : 'moved'} to DONE/Bad, such as ${first(candidate)}`,
    );
  if (parsed.unreadable.length > 0)
    run.summary.warn(
      `${plural(parsed.unreadable.length, 'line')} of list "${name}" cannot be read: ${run.dryRun ? 'would go' : 'moved'} to DONE/Bad`,
    );
  if (parsed.duplicates.length > 0)
    run.summary.warn(
      `${plural(parsed.duplicates.length, 'line')} of list "${name}" ${run.dryRun ? 'would be dropped' : 'dropped'}: the same transfer or destination again`,
    );
}

/** `SOURCE: source and destination are one file (line 3 …)` */
function first({ unfit }: Candidate): string {
  const [one] = unfit;
  return one === undefined ? '' : `${one.transfer.source}: ${one.meaning} (${one.reason})`;
}

/** What is no transfer, and what must not be sent, for DONE/Bad. */
function badList(run: Run, candidate: Candidate): Placed[] {
  const { name, parsed, unreadable, unfit } = candidate;
  if (unreadable.length + unfit.length === 0) return [];
  const free = freeName(name, (wanted) => run.spool.exists('DONE/Bad', wanted));
  // Where nothing is submitted no list in DOING names the lines that were dropped.
  const dropped = parsed.transfers.length === 0 ? parsed.duplicates.map(droppedLineComment) : [];
  const content = formatBadList(parsed.origin, unfit, [...unreadable, ...dropped]);
  return [{ place: 'DONE/Bad', name: free, content }];
}
