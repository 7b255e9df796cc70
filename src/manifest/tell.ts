/**
 * tell: what a manifest comes to, for the person who is to sign it.
 */
import type { Run } from '../run/program.js';
import { count, size } from '../text/terminal.js';
import { named, plural } from '../text/words.js';
import { ELSEWHERE, isComplete, type Elsewhere } from './elsewhere.js';
import { KNOWN_BY, OUTCOMES, type Seal } from './format.js';
import { MOST_NAMED, type Counts, type Named } from './rows.js';

interface Told {
  /** Null: it was only tried. */
  readonly file: string | null;
  readonly seal: Seal;
  readonly counts: Counts;
  readonly elsewhere: Elsewhere;
  /** Which program was at work meanwhile; null: none. */
  readonly busy: string | null;
}

/** What is not in the manifest although it stands in DONE/Okay. `why`: of a list; null: it has gone. Or so many of its lines. */
export function nameLost({ summary }: Run, list: string, why: string | number | null): void {
  if (why === 0) return;
  if (typeof why === 'number')
    summary.needsAttention(
      `DONE/Okay/${list} has ${plural(why, 'line')} that are no transfers, which are not in the manifest: mend them, or make them comments`,
    );
  else if (why === null) summary.warn(`DONE/Okay/${list} was moved away meanwhile, and is not in the manifest`);
  else summary.needsAttention(`DONE/Okay/${list} ${why}: it is not in the manifest; make it readable`);
}

export function tell(run: Run, { file, seal, counts, elsewhere, busy }: Told): void {
  const { summary } = run;
  const what = `${plural(seal.transfers, 'transfer')}, ${seal.bytes} bytes (${size(Number(seal.bytes))})`;
  summary.show(
    file === null
      ? `manifest (dry run, nothing is written): ${what}`
      : `manifest: ${what}, sha256 ${seal.sha256}: ${file}`,
  );
  summary.note(`known by: ${KNOWN_BY.map((each) => `${each} ${count(counts.knownBy[each])}`).join(', ')}`);
  if (counts.withoutSize > 0)
    summary.note(
      `the bytes are those of ${count(counts.transfers - counts.withoutSize)} transfers: nobody knows the size of the others`,
    );
  tellElsewhere(run, elsewhere);
  const asked = OUTCOMES.reduce((sum, each) => sum + counts.verified[each], 0);
  if (file === null && counts.wanted > counts.verified.ok)
    summary.note(`would ask the storages for ${plural(counts.wanted - counts.verified.ok, 'transfer')}`);
  if (asked > 0)
    summary.note(`verified: ${OUTCOMES.map((each) => `${count(counts.verified[each])} ${each}`).join(', ')}`);
  nameAll(run, counts.sizes, 'transfers have another size in their list than FTS says; ask a storage: --verify');
  nameAll(run, counts.different, `transfers are different at their destinations; ${AGAIN}`);
  nameAll(run, counts.missing, `transfers are missing at their destinations; ${AGAIN}`);
  nameAll(
    run,
    counts.unsaid,
    'transfers could not be verified; move the manifest away, and the same command asks again',
  );
  if (busy !== null)
    summary.warn(`While this looked, ${busy} was at work: what it moved may be in the manifest or not; make it again`);
  const { knownBy, verified, withoutSize } = counts;
  summary.add('manifest', {
    file,
    ...seal,
    bytes: String(seal.bytes),
    withoutSize,
    knownBy,
    verified,
    complete: isComplete(elsewhere),
    elsewhere,
  });
}

const AGAIN = 'look at them with misc/explain.js, and put their LFNs into a new LFN list to have them copied again';

function tellElsewhere({ summary }: Run, elsewhere: Elsewhere): void {
  const { transfers, uncut, open, aside, strange } = elsewhere;
  if (isComplete(elsewhere))
    summary.note('complete: nothing is left in TODO, DOING and DONE/Bad, and all LFN lists are cut');
  else {
    const places = ELSEWHERE.map((place) => `${count(transfers[place])} in ${place}`).join(', ');
    summary.note(`not complete: ${places}, ${count(uncut)} lines of LFN lists not cut yet`);
  }
  if (open > 0)
    summary.note(`${plural(open, 'transition')} open in the journal: counted as the next run will leave them`);
  if (aside > 0)
    summary.needsAttention(`${plural(aside, 'transition')} set aside: misc/audit.js says where these lists belong`);
  if (strange.length > 0) summary.warn(`not counted, as they are no lists: ${named(strange, 5)}`);
}

function nameAll({ summary }: Run, { count: all, first }: Named, what: string): void {
  if (all === 0) return;
  summary.needsAttention(`${count(all)} ${what}`);
  for (const text of first) summary.warn(text);
  if (all > MOST_NAMED) summary.warn(`… and ${count(all - MOST_NAMED)} more`);
}
