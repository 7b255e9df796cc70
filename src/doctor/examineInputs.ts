/**
 * examineInputs: the doctor's look at the LFN lists: each one's route, tried on its first LFN. Reads only.
 */
import path from 'node:path';
import { failed, ok, warning, type Check } from './checks.js';
import { destinationOf, sourceOf } from '../lists/prefixes.js';
import { routeFor, titleOf, type Route } from '../settings/route.js';
import { whyBadUrl } from '../lists/url.js';
import { SpoolError } from '../errors.js';
import type { LfnListRow } from '../ftsJob.js';
import { lfnLists } from '../database/lfnListRows.js';
import type { CampaignDatabase } from '../database/database.js';
import { fruitlessPatterns, globLfnLists, hasGroups } from '../lfnLists/lfnLists.js';
import { whyNoLfnList } from '../lfnLists/noLfnList.js';
import { checkLfnList, LfnReader } from '../lfnLists/reader.js';
import type { Settings } from '../settings/settings.js';

export async function examineInputs(
  base: string,
  settings: Settings,
  database: CampaignDatabase | null,
): Promise<Check[]> {
  const rows = new Map((database === null ? [] : lfnLists(database.db)).map((row) => [row.name, row]));
  const { names, unread } = await globLfnLists(base, settings.producer.lfn_lists, [...rows.keys()]);
  const gone = [...rows.values()].filter((row) => !names.includes(row.name) && row.offset < row.size);
  return [
    ...(names.length === 0
      ? [warning('LFN lists', `none: nothing matches ${settings.producer.lfn_lists.join(', ')}`, 'put one there')]
      : names.flatMap((name) => examineOne(base, settings, name, rows.get(name) ?? null))),
    ...(await fruitlessPatterns(base, settings.producer.lfn_lists)).map((why) =>
      failed('LFN lists', 'person', `producer.lfn_lists: ${why}`, 'correct it in the settings'),
    ),
    ...unread.map((name) => warning('LFN lists', `${name} is not read, by its name`, 'rename it, or move it away')),
    ...gone.map((row) =>
      failed(
        'LFN lists',
        'person',
        `${row.name} is gone, with ${row.size - row.offset} bytes not cut`,
        'bring it back',
      ),
    ),
  ];
}

function examineOne(base: string, settings: Settings, name: string, row: LfnListRow | null): Check[] {
  const file = path.resolve(base, name);
  const route = routeFor(path.basename(name), settings.route);
  if (route === undefined)
    return [
      failed(
        'LFN lists',
        'usage',
        `no [[route]] matches ${name}`,
        'add one to the settings, or take the file out of producer.lfn_lists',
      ),
    ];
  const checked = checkLfnList(file, row);
  if (!checked.ok)
    return [
      failed('LFN lists', 'person', `${name} ${checked.why}`, 'bring the old file back; add LFNs in a file beside it'),
    ];
  try {
    const why =
      row === null || row.offset === 0
        ? whyNoLfnList(file, { prefixes: route, now: new Date(), hasGroups: hasGroups(settings) })
        : null;
    if (why !== null) return [failed('LFN lists', 'person', `${name} is not cut: ${why}`, 'mend the file')];
    return tryRoute(file, name, route, settings);
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    return [failed('LFN lists', 'person', error.message, 'make it readable')];
  }
}

function tryRoute(file: string, name: string, route: Route, settings: Settings): Check[] {
  const reader = new LfnReader(file, null, { prefixes: route, now: new Date(), hasGroups: hasGroups(settings) });
  try {
    const first = reader.next();
    if (first === null) return [warning('LFN lists', `${name} holds no LFN`, 'fill it, or move it away')];
    if (first.kind === 'bad') {
      const shown = first.text.slice(0, 60);
      return [
        warning(
          'LFN lists',
          `${name}: line ${first.line} ${first.why}: ${shown}`,
          'one LFN a line, beginning with a slash',
        ),
      ];
    }
    return tryUrls(name, route, first.lfn);
  } finally {
    reader.close();
  }
}

/** Nothing is put between prefix and LFN, so a prefix must not end with the slash with which the LFN begins. */
function tryUrls(name: string, route: Route, lfn: string): Check[] {
  const [source, destination] = [sourceOf(route, lfn), destinationOf(route, lfn)];
  for (const url of [source, destination]) {
    const why = whyBadUrl(url);
    if (why !== null)
      return [failed('LFN lists', 'usage', `${name}: ${url}: it ${why}`, `correct the [[route]] ${titleOf(route)}`)];
  }
  const doubled = [route.source, route.destination].find((prefix) => /[^/]\/$/.test(prefix));
  if (doubled !== undefined)
    return [
      warning(
        'LFN lists',
        `${name}: ${doubled + lfn} has a double slash`,
        `take the slash from the end of the prefix in [[route]] ${titleOf(route)}`,
      ),
    ];
  return [ok('LFN lists', `${name}, by route ${titleOf(route)}: ${source} → ${destination}`)];
}
