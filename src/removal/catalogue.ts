/**
 * catalogue: which files of a dark list are dark still, by a catalogue that is newer than their dump.
 *
 * The list is compared as a dump of its own, by what has made it: so paths, bases and catalogues are read in one way
 * only. What makes an answer of compareDumps doubtful has nothing deleted here, and no --force.
 */
import path from 'node:path';
import { basesIn, darkName } from '../dumps/bases.js';
import { compare } from '../dumps/compare.js';
import { inspectInput } from '../dumps/inputs.js';
import type { LayoutOptions } from '../dumps/layout.js';
import { refusals, type Span } from '../dumps/refusals.js';
import { whatWasRead } from '../dumps/report.js';
import { Spill } from '../spill.js';
import { spanAt } from '../dumps/times.js';
import type { Run, RunAlone } from '../run/program.js';
import { named } from '../text/words.js';
import type { DarkList } from './darkList.js';
import { Refused } from './refused.js';

export interface Catalogue {
  readonly files: readonly string[];
  readonly cataloguedAt: number;
  readonly layout: LayoutOptions;
  /** Null: by the routes of the campaign. */
  readonly bases: string | null;
}

/** The paths of the list that are dark; what the catalogue has now, or the campaign carries, is not among them. Errors: Refused. */
export async function stillDark(
  run: RunAlone,
  file: string,
  { head, files }: DarkList,
  dumped: Span,
  { files: catalogue, cataloguedAt, layout, bases }: Catalogue,
  campaign: Run | null,
): Promise<Set<string>> {
  const content = Buffer.from(files.map((each) => `${each.path}\t${each.size ?? '-'}\t${each.checksum}\n`).join(''));
  const directory = path.dirname(path.resolve(file));
  const spills = [new Spill(directory), new Spill(directory)] as const;
  try {
    const comparison = await compare(
      run,
      {
        dump: [{ file, size: content.length, time: null, content }],
        catalogue: catalogue.map(inspectInput),
        before: [],
        dumpLayout: { separator: 'tab', columns: '1,3,2' },
        catalogueLayout: layout,
        bases: bases === null ? [] : basesIn(bases),
        routes: campaign?.settings.route ?? [],
        dumpedAt: dumped.earliest,
        campaign,
        isUndisturbed: campaign !== null,
      },
      spills,
    );
    run.progress.end();
    const places = comparison.bases.bases;
    const ours = Buffer.from(head.base).toString('latin1');
    const reasons = refusals({
      now: run.now().getTime(),
      dumped,
      after: spanAt(cataloguedAt),
      before: null,
      ...whatWasRead(comparison, true),
      lost: [],
      dark: [],
    }).filter(({ answer }) => answer === 'dark');
    if (!places.some((base) => base.path === ours))
      throw new Refused(`no storage element has the base "${head.base}" of ${file}; name it in --bases`);
    if (reasons.length > 0)
      throw new Refused(`the catalogue does not tell what is dark: ${reasons.map(({ why }) => why).join('; ')}`);
    const unreadable = comparison.campaign?.records.unreadable ?? [];
    if (unreadable.length > 0)
      throw new Refused(
        `lists of the campaign cannot be read, and may name these files: ${named(unreadable, 5)}; mend them`,
      );
    const names = new Set(places.map(darkName));
    const dark = [...names].flatMap((name) => [...comparison.results.lines(name)]);
    return new Set(dark.map((line) => Buffer.from(line.slice(0, line.indexOf('\t')), 'latin1').toString('utf8')));
  } finally {
    for (const spill of spills) spill.close();
  }
}
