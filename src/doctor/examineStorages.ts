/**
 * examineStorages: the doctor's look at the storages: what the settings say of them, and which are broken. Reads only.
 */
import { failed, ok, warning, type Check } from './checks.js';
import type { CampaignDatabase } from '../database/database.js';
import { storages } from '../database/storageRows.js';
import { cureOf, faultInWords } from '../rules/storageHealth.js';
import type { Settings } from '../settings/settings.js';
import { isHeld, mayLieIn, untilWhen } from '../settings/storage.js';

export function examineStorages(settings: Settings, database: CampaignDatabase | null): Check[] {
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
    if (isHeld(storage, new Date()))
      checks.push(ok('storages', `${title}: its lists wait, held by the settings, ${untilWhen(storage)}`));
  }
  for (const row of database === null ? [] : storages(database.db))
    if (row.brokenSince !== null)
      checks.push(
        failed(
          'storages',
          'person',
          `${row.name} is broken since ${new Date(row.brokenSince).toISOString()}: ${faultInWords(row)}; its lists wait, but for one probe a run`,
          cureOf(row),
        ),
      );
  return checks;
}
