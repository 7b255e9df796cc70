/**
 * audit: accounts for every transfer of the campaign.
 *
 * It reads LFN lists, lists and the database, and says whether everything that was cut stands in exactly one place. It
 * changes nothing, takes no lease and asks no server.
 */
import type { Command } from 'commander';
import { FINDING_KINDS, type Findings } from './findings.js';
import { plural } from '../text/words.js';
import { audit, type Audited } from './audit.js';
import type { Equation, PlaceCounts } from './balance.js';
import { wholeNumber } from '../run/options.js';
import type { Program, Run } from '../run/program.js';

interface Options {
  readonly most: number;
}

const sum = ({ okay, bad, doing, todo }: PlaceCounts): number => okay + bad + doing + todo;
const accounted = (equation: Equation): number => sum(equation) + equation.duplicates + equation.badLines;

function report(run: Run, options: Options): void {
  const audited = audit(run, options.most);
  const { equation, byHand, findings, putAway, busy } = audited;
  run.summary.show(`audit: ${inWords(equation)}`);
  if (sum(byHand) > 0) {
    const { okay, bad, doing, todo } = byHand;
    run.summary.note(
      `made by hand, counted apart: ${sum(byHand)} = ${okay} okay + ${bad} bad + ${doing} doing + ${todo} todo`,
    );
  }
  for (const { name } of putAway)
    run.summary.note(`LFN list "${name}" was cut to its end and taken away: its transfers were counted, not compared`);
  nameFindings(run, findings);
  if (busy !== null && !findings.isClean())
    run.summary.warn(
      `While this audit looked, ${busy} was at work: what it moved may be named here; run the audit again`,
    );
  run.summary.add('audit', asJson(audited));
}

function inWords(equation: Equation): string {
  const { cut, okay, bad, doing, todo, duplicates, badLines } = equation;
  const places = `${okay} okay + ${bad} bad + ${doing} doing + ${todo} todo`;
  const rest = `${plural(duplicates, 'duplicate')} + ${plural(badLines, 'bad line')}`;
  const difference = cut - accounted(equation);
  if (difference === 0) return `${cut} cut = ${places} + ${rest}`;
  const off = difference > 0 ? `${difference} too few` : `${-difference} too many`;
  return `${cut} cut, but ${places} + ${rest} are ${accounted(equation)}: ${off}`;
}

function nameFindings(run: Run, findings: Findings): void {
  for (const kind of FINDING_KINDS) {
    if (kind === 'strange' && findings.isHarmless(kind)) {
      noteStrange(run, findings);
      continue;
    }
    const say = (text: string): void =>
      findings.isHarmless(kind) ? run.summary.warn(text) : run.summary.needsAttention(text);
    const named = findings.listed(kind);
    for (const { message } of named) say(`${kind}: ${message}`);
    const more = findings.count(kind) - named.length;
    if (more > 0) say(`${kind}: ${more} more (--most ${findings.count(kind)} names them all)`);
  }
}

/** In the words of the other programs. */
function noteStrange(run: Run, findings: Findings): void {
  const paths = findings.listed('strange').flatMap(({ lists = [] }) => lists);
  const more = findings.count('strange') - paths.length;
  if (paths.length > 0)
    run.summary.note(`left alone, no lists: ${paths.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
}

function asJson({ equation, byHand, findings, busy }: Audited): object {
  return {
    balanced: equation.cut === accounted(equation),
    clean: findings.isClean(),
    ...equation,
    byHand,
    busy,
    counts: findings.totals(),
    findings: FINDING_KINDS.flatMap((kind) => findings.listed(kind)),
  };
}

export const program: Program<Options> = {
  name: 'audit',
  description: 'Accounts for every transfer of the campaign; changes nothing.',
  database: 'read',
  options: (command: Command) =>
    command.option('--most <n>', 'how many findings of each kind are named', wholeNumber(1), 100),
  main: async (run, options) => report(run, options),
};
