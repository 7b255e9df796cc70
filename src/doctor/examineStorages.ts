/**
 * examineStorages: the doctor's look at the storages: what the settings say of them, and which are broken. Reads only.
 */
import { failed, ok, warning, type Check } from './checks.js';
import type { CampaignDatabase } from '../database/database.js';
import { storages } from '../database/storageRows.js';
import { cureOf, faultInWords } from '../rules/storageHealth.js';
import type { Settings } from '../settings/settings.js';
import { isHeld, mayLieIn, untilWhen } from '../settings/storage.js';
import { storagesInUse } from '../spool/listStorages.js';
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
  const used = storagesInUse(new Spool(base), new Set(broken.map(({ name }) => name)));
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
