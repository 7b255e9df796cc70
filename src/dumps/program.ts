/**
 * compareDumps: says what a storage has lost and what in it nobody knows, from its dump and a catalogue or the
 * campaign.
 *
 * With `--bases` and a catalogue it needs no campaign: neither settings nor database. Otherwise it reads the campaign,
 * takes no lease and changes nothing, unless `--into-todo` is asked for. With `--settle` it runs as the programs that
 * write do, under the lease.
 */
import path from 'node:path';
import { Option as CommanderOption, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { Asking } from '../run/confirm.js';
import type { CommonOptions } from '../run/options.js';
import type { Program, Run, RunAlone } from '../run/program.js';
import { count } from '../text/terminal.js';
import { clip, named, plural } from '../text/words.js';
import { CAMPAIGN_ANSWER, DIFFERENT } from './answers.js';
import { basesIn, darkName, lostName } from './bases.js';
import { compare, type Comparison } from './compare.js';
import { darkHead } from './darkHead.js';
import { inspectInput, type Input } from './inputs.js';
import { readColumns, readSeparator, CATALOGUE_LINES, DUMP_LINES } from './layout.js';
import { placeLists, routeTroubles } from './intoTodo.js';
import { OutDirectory } from './outDirectory.js';
import { ANSWERS, refusals, type RefusableAnswer } from './refusals.js';
import {
  asJson,
  darkShares,
  isGiven,
  lostShares,
  comparisonPage,
  whatWasRead,
  whyForced,
  type Judged,
} from './report.js';
import { settleFound } from './settle.js';
import { Spill } from '../spill.js';
import { readTime, spanOf } from './times.js';

interface Options extends CommonOptions, Asking {
  readonly storage: readonly string[];
  readonly catalogue?: readonly string[];
  readonly catalogueBefore?: readonly string[];
  readonly bases?: string;
  readonly out: string;
  readonly campaign?: boolean;
  readonly dumpedAt?: number;
  readonly cataloguedAt?: number;
  readonly beforeCataloguedAt?: number;
  readonly storageColumns?: string;
  readonly catalogueColumns?: string;
  readonly separator?: string;
  readonly only?: RefusableAnswer;
  readonly force?: string;
  readonly intoTodo?: boolean;
  readonly settle?: boolean;
}

const compareAlone = async (run: RunAlone, options: Options): Promise<boolean> => {
  const isAlone =
    options.campaign !== true &&
    options.bases !== undefined &&
    options.catalogue !== undefined &&
    options.intoTodo !== true;
  if (isAlone) await main(run, options, null);
  return isAlone;
};

async function main(run: RunAlone, options: Options, campaign: Run | null): Promise<void> {
  const { catalogue = [], catalogueBefore: before = [] } = options;
  if (catalogue.length === 0 && options.campaign !== true)
    throw new UsageError('Nothing to compare the dump with: name a catalogue with --catalogue, or say --campaign');
  if (catalogue.length === 0 && before.length > 0)
    throw new UsageError('--catalogue-before needs a catalogue from after the dump too: name it with --catalogue');
  if (catalogue.length === 0 && options.only === 'dark')
    throw new UsageError('What is dark only a catalogue tells: name one with --catalogue');
  if ([...options.storage, ...catalogue, ...before].filter((file) => file === '-').length > 1)
    throw new UsageError('Only one of the files can be stdin (-)');
  if (options.settle === true && options.campaign !== true)
    throw new UsageError('--settle moves lists of the campaign: say --campaign too');
  if (options.separator !== undefined) readSeparator(options.separator);
  if (options.storageColumns !== undefined) readColumns(options.storageColumns, DUMP_LINES);
  if (options.catalogueColumns !== undefined) readColumns(options.catalogueColumns, CATALOGUE_LINES);
  const files = {
    dump: options.storage.map(inspectInput),
    catalogue: catalogue.map(inspectInput),
    before: before.map(inspectInput),
  };
  const out = new OutDirectory(options.out);
  const spills = [new Spill(out.parent), new Spill(out.parent)] as const;
  try {
    const comparison = await compare(
      run,
      {
        ...files,
        dumpLayout: { separator: options.separator, columns: options.storageColumns },
        catalogueLayout: { separator: options.separator, columns: options.catalogueColumns },
        bases: options.bases === undefined ? [] : basesIn(options.bases),
        routes: campaign?.settings.route ?? [],
        dumpedAt: spanOf(files.dump, options.dumpedAt)?.earliest ?? run.now().getTime(),
        campaign: options.campaign === true ? campaign : null,
        isUndisturbed: options.settle === true && options.dryRun !== true,
      },
      spills,
    );
    const judged = judgedOf(run, options, comparison, files);
    run.progress.end();
    tell(run, comparison, judged);
    if (judged.asked.some((answer) => isGiven(judged, answer)) && options.dryRun !== true)
      write(out, comparison, judged);
    run.summary.show(comparisonPage(comparison, judged));
    run.summary.add('comparison', asJson(comparison, judged));
    if (campaign !== null) await intoCampaign(campaign, options, comparison, judged);
    if (campaign !== null && options.settle === true)
      await settleFound(campaign, comparison, judged.times.dump, options);
  } finally {
    out.discard();
    for (const spill of spills) spill.close();
  }
}

type Files = Readonly<Record<'dump' | 'catalogue' | 'before', readonly Input[]>>;

function judgedOf(run: RunAlone, options: Options, comparison: Comparison, files: Files): Judged {
  const hasCatalogue = files.catalogue.length > 0;
  const asked = (options.only === undefined ? ANSWERS : [options.only]).filter(
    (answer) => answer === 'lost' || hasCatalogue,
  );
  const times = {
    dump: spanOf(files.dump, options.dumpedAt),
    catalogue: spanOf(files.catalogue, options.cataloguedAt),
    catalogueBefore: files.before.length === 0 ? null : spanOf(files.before, options.beforeCataloguedAt),
  };
  const refused = refusals({
    now: run.now().getTime(),
    dumped: times.dump,
    after: times.catalogue,
    before: files.before.length === 0 ? times.catalogue : times.catalogueBefore,
    ...whatWasRead(comparison, hasCatalogue),
    lost: lostShares(comparison),
    dark: darkShares(comparison),
  }).filter(({ answer }) => asked.includes(answer));
  return { asked, refused, force: options.force ?? null, times };
}

function tell({ summary }: RunAlone, { bases, answers, read, duplicates, campaign }: Comparison, judged: Judged): void {
  const { refused, force, asked } = judged;
  for (const answer of asked) {
    const reasons = refused.filter((refusal) => refusal.answer === answer).map(({ why }) => why);
    if (reasons.length === 0) continue;
    if (force === null)
      summary.needsAttention(`What is ${answer} was not written (--force WHY does it): ${reasons.join('; ')}`);
    else summary.warn(`What is ${answer} was written all the same ("${force}"): ${reasons.join('; ')}`);
  }
  if (!asked.includes('dark') && answers.bases.length > 0 && campaign !== null)
    summary.note('what is dark was not asked: only a catalogue tells');
  for (const { input, found } of read)
    if (found.unreadable > 0)
      summary.needsAttention(
        `${input.file}: ${plural(found.unreadable, 'line')} cannot be read, the first: ${found.examples.map(clip).join(' | ')}`,
      );
  if (bases.unknown.size > 0)
    summary.needsAttention(`storage elements without a base were left out: ${named([...bases.unknown.keys()], 5)}`);
  if (bases.outside > 0)
    summary.note(
      `${count(bases.outside)} lines of the dump lie below no base, and were left out: ${bases.outsideExample}`,
    );
  if (duplicates > 0) summary.note(`${count(duplicates)} lines say again what another says, and count once`);
  if (campaign === null) return;
  const { okay, missing, different, unregistered, adoptable, uncertain, carried } = answers.campaign;
  summary.note(`campaign: ${count(okay.files)} in DONE/Okay, of which ${count(missing.files)} are not in the dump,`);
  summary.note(`${count(different.files)} are different there, ${count(unregistered.files)} are not in the catalogue;`);
  summary.note(
    `${count(adoptable.files)} in DONE/Bad are there all the same, of ${count(uncertain.files)} nobody can tell;`,
  );
  summary.note(`${count(carried.files)} are in TODO and DOING or arrived after the dump, neither lost nor dark`);
  if (campaign.records.astray > 0)
    summary.warn(`${count(campaign.records.astray)} transfers lead where no route of the settings does`);
  if (campaign.records.unreadable.length > 0)
    summary.needsAttention(`lists cannot be read: ${named(campaign.records.unreadable, 5)}`);
  if (campaign.isBusy)
    summary.warn('While this looked, another program was at work: what it moved may be named here; compare again');
}

function write(out: OutDirectory, comparison: Comparison, judged: Judged): void {
  const { bases, results, campaign } = comparison;
  if (isGiven(judged, 'lost'))
    for (const { name } of bases.elements)
      out.write(lostName(name), headed([`# lost from ${name}: LFN, checksum, size`], results.lines(lostName(name))));
  if (isGiven(judged, 'dark'))
    for (const [index, base] of bases.bases.entries()) {
      const files = comparison.answers.bases[index]?.dumped.files ?? 0;
      const { dump: dumped, catalogue: catalogued } = judged.times;
      const head = darkHead({ base: base.path, files, dumped, catalogued, forced: whyForced(judged, 'dark') });
      out.write(darkName(base), headed(head, results.lines(darkName(base))));
    }
  const both = 'checksum\tchecksum in the dump\tsize\tsize in the dump';
  out.write(DIFFERENT, headed([`path\tstorage element\t${both}`], results.lines(DIFFERENT)));
  if (campaign !== null)
    out.write(CAMPAIGN_ANSWER, headed([`path\twhat\tlist\t${both}`], results.lines(CAMPAIGN_ANSWER)));
  out.write('summary.json', [Buffer.from(JSON.stringify(asJson(comparison, judged), null, 1)).toString('latin1')]);
  out.publish();
}

function* headed(head: readonly string[], lines: Iterable<string>): Generator<string> {
  yield* head;
  yield* lines;
}

async function intoCampaign(run: Run, options: Options, comparison: Comparison, judged: Judged): Promise<void> {
  const { bases, answers } = comparison;
  if (!isGiven(judged, 'lost')) return;
  const troubles = routeTroubles(bases, run.settings.route);
  const lists = new Map<string, number>();
  for (const [index, { name }] of bases.elements.entries()) {
    const lost = answers.elements[index]?.lost.files ?? 0;
    const trouble = troubles.get(name);
    if (lost > 0 && trouble !== undefined) run.summary.needsAttention(trouble);
    else if (lost > 0) lists.set(lostName(name), lost);
  }
  if (options.intoTodo === true) await placeLists(run, path.resolve(options.out), lists, options);
}

const EXAMPLES = `
EXAMPLE
  compareDumps --storage echo.dump.gz --dumped-at 2018-04-12 \\
    --catalogue after.txt --catalogue-before before.txt \\
    --bases bases.txt --out compared-20180412
`;

export const program: Program<Options> = {
  name: 'compareDumps',
  description: 'Says what a storage has lost, and what in it is dark, by its dump and a catalogue or the campaign.',
  database: ({ settle }) => (settle === true ? 'write' : 'read'),
  options: (command: Command) =>
    command
      .requiredOption(
        '--storage <file...>',
        'the dump of the storage: path;checksum;size (plain, gzipped, - for stdin)',
      )
      .option('--catalogue <file...>', 'the catalogue: storage element;LFN, or with checksum and size')
      .option(
        '--catalogue-before <file...>',
        'the catalogue as it was before the dump; --catalogue is then from after it',
      )
      .option('--bases <file>', 'where the files of each storage element lie: RAL-DST;prod (default: by the routes)')
      .requiredOption('--out <dir>', 'the directory to be made for the answers')
      .option('--campaign', "compare the campaign's lists too, or instead of a catalogue")
      .option('--dumped-at <time>', "when the dump was begun (default: the file's own time, a guess)", readTime)
      .option('--catalogued-at <time>', 'when the catalogue was made (likewise)', readTime)
      .option('--before-catalogued-at <time>', 'when the one from before was made (likewise)', readTime)
      .option('--storage-columns <numbers>', 'where path, checksum and size stand; -: nowhere', '1,2,3')
      .option('--catalogue-columns <numbers>', 'where storage element, LFN, checksum and size stand', '1,2,3,4')
      .option('--separator <character>', 'what separates the columns, or tab, blank, comma (default: found out)')
      .addOption(new CommanderOption('--only <answer>', 'give only one of the answers').choices(ANSWERS))
      .option('--force <why>', 'give an answer that would be refused; the reason is kept with it')
      .option('--into-todo', 'put the lost lists into TODO/ListOfLFNs, after a question')
      .option('--settle', 'move what of DONE/Bad is in the dump to DONE/Okay, after a question')
      .option('--yes', 'answer these questions beforehand')
      .addHelpText('after', EXAMPLES),
  alone: compareAlone,
  main: (run, options) => main(run, options, run),
};
