/**
 * candidate: a list in TODO, made ready for submission.
 *
 * It is read and parsed here, once. What cannot be submitted at all (an unreadable file, nothing readable in it,
 * nothing in it) is dealt with at once and is no candidate.
 */
import { badLineComment, droppedLineComment, formatBadList } from '../lists/badList.js';
import { formatList, parseList, type ParsedList } from '../lists/list.js';
import type { Deed } from '../rules/placement.js';
import { plural } from '../text/words.js';
import { at, type Step, type Transition } from '../lists/transition.js';
import { freeName } from '../lists/names.js';
import { job, list, setState, type JobRow, type ListRow } from '../ftsJob.js';
import type { Run } from '../run/program.js';

export interface Candidate {
  readonly name: string;
  readonly deed: Extract<Deed, 'submit' | 'submit afresh' | 'look, then repeat'>;
  readonly row: ListRow | null;
  /** Of the attempt that is open; null unless its answer was lost. */
  readonly job: JobRow | null;
  readonly parsed: ParsedList;
  /** Its unreadable lines, as comments for DONE/Bad. */
  readonly unreadable: readonly string[];
  readonly sha256: string;
}

/** Null when the list was dealt with instead. */
export function prepare(run: Run, name: string, deed: Candidate['deed']): Candidate | null {
  const read = run.spool.read('TODO', name);
  if ('why' in read) {
    run.summary.list({ list: name, action: 'skipped' });
    run.summary.person(`Cannot read list "${name}" in TODO: ${read.why}; make it a readable regular file`);
    return null;
  }
  const row = list(run.books.db, name);
  const open = row === null || deed !== 'look, then repeat' ? null : job(run.books.db, name, row.attempt);
  const parsed = parseList(read.bytes);
  const unreadable = parsed.unreadable.map((line) => badLineComment(line.line, line.why, line.text));
  const candidate: Candidate = { name, deed, row, job: open, parsed, unreadable, sha256: read.sha256 };
  if (candidate.parsed.transfers.length > 0 || open !== null) return candidate;
  discard(run, candidate);
  return null;
}

/** A list with nothing to submit: its unreadable lines to DONE/Bad, an empty one is removed. */
function discard(run: Run, candidate: Candidate): void {
  const { name, sha256, row } = candidate;
  const bad = unreadableStep(run, candidate);
  const steps: Step[] = [...(bad === null ? [] : [bad]), { op: 'remove', path: at('TODO', name), sha256 }];
  if (!run.dryRun)
    run.journal.carry([{ list: name, steps }], () => {
      if (row !== null) setState(run.books.db, name, 'SETTLED', run.now().getTime());
    });
  run.summary.list({ list: name, action: bad === null ? 'skipped' : 'bad', to: bad === null ? [] : [bad.path] });
  if (bad === null) run.summary.warn(`Removed list "${name}" from TODO: there was no transfer in it`);
  else run.summary.warn(`Moved list "${name}" to ${bad.path}: none of its lines can be read`);
}

/** A submitted list leaves TODO; lines that were not submitted are left behind on the way. */
export function toDoing(run: Run, candidate: Candidate): Transition {
  const { name, parsed } = candidate;
  const [from, to] = [at('TODO', name), at('DOING', name)];
  if (parsed.unreadable.length === 0 && parsed.duplicates.length === 0)
    return { list: name, steps: [{ op: 'move', from, to }] };
  const dropped = parsed.duplicates.map(droppedLineComment);
  const bad = unreadableStep(run, candidate);
  const steps: Step[] = [
    ...(bad === null ? [] : [bad]),
    { op: 'place', path: to, content: formatList(parsed.origin, parsed.transfers, dropped) },
    { op: 'remove', path: from, sha256: candidate.sha256 },
  ];
  return { list: name, steps };
}

/** Say what of a list was not submitted. */
export function sayLeftBehind(run: Run, { name, parsed }: Candidate): void {
  if (parsed.unreadable.length > 0)
    run.summary.warn(`${plural(parsed.unreadable.length, 'line')} of list "${name}" cannot be read: moved to DONE/Bad`);
  if (parsed.duplicates.length > 0)
    run.summary.warn(
      `${plural(parsed.duplicates.length, 'line')} of list "${name}" dropped: the same transfer or destination again`,
    );
}

function unreadableStep(run: Run, candidate: Candidate): { op: 'place'; path: string; content: string } | null {
  const { name, parsed, unreadable } = candidate;
  if (unreadable.length === 0) return null;
  const free = freeName(name, (wanted) => run.spool.exists('DONE/Bad', wanted));
  return { op: 'place', path: at('DONE/Bad', free), content: formatBadList(parsed.origin, [], unreadable) };
}
