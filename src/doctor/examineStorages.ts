/**
 * examineStorages: the doctor's look at the storages: what the settings say of them, and which are broken. Reads only.
 */
import { failed, ok, warning, type Check } from './checks.js';
import type { CampaignDatabase } from '../database/database.js';
import { storages } from '../database/storageRows.js';
import { scanList } from '../lists/scanList.js';
import { storagesOf } from '../lists/url.js';
import { cureOf, faultInWords } from '../rules/storageHealth.js';
import type { Settings } from '../settings/settings.js';
import { isHeld, mayLieIn, untilWhen } from '../settings/storage.js';
import { Spool } from '../spool/spool.js';

export function examineStorages(base: string, settings: Settings, database: CampaignDatabase | null): Check[] {
  const checks: Check[] = [];
  const prefixes = settings.route.flatMap(({ source, destination }) => [source, destination]);
  for (const storage of settings.storage) {
    const title = `[[storage]] "${storage.match}"`;
    if (!prefixes.some((prefix) => mayLieIn(storage, prefix)))
      checks.push(
        warning(
          'storages',
          `${title}: no route's source or destination begins so`,
          'correct its match, or take it out',
        ),
      );
    else if (isHeld(storage, new Date()))
      checks.push(ok('storages', `${title}: its lists wait, held by the settings, ${untilWhen(storage)}`));
  }
  const broken = database === null ? [] : storages(database.db).filter(({ brokenSince }) => brokenSince !== null);
  const used =
    broken.length === 0 ? new Set() : storagesInUse(new Spool(base), new Set(broken.map(({ name }) => name)));
  for (const row of broken) {
    const what = `${row.name} is broken since ${new Date(row.brokenSince ?? 0).toISOString()}: ${faultInWords(row)}`;
    checks.push(
      used.has(row.name)
        ? failed('storages', 'person', `${what}; its lists wait, but for one probe a run`, cureOf(row))
        : ok('storages', `${what}; no list of it is in TODO or DOING, and the next one goes as a probe`),
    );
  }
  return checks;
}

/** Which of these have a list in TODO or DOING; no more lists are read than that needs. */
function storagesInUse(spool: Spool, wanted: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (const place of ['TODO', 'DOING'] as const)
    for (const name of spool.listing(place).lists) {
      const read = spool.read(place, name);
      if ('why' in read) continue;
      for (const storage of storagesOf(scanList(read.bytes).transfers)) if (wanted.has(storage)) found.add(storage);
      if (found.size === wanted.size) return found;
    }
  return found;
}
