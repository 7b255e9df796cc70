/**
 * storages: what there is to say of each storage: how its last transfers ended, and whether its lists wait.
 */
import { storages } from '../database/storageRows.js';
import { storageOf } from '../lists/url.js';
import { cureOf, faultInWords, sharesOf, UNKNOWN_HEALTH } from '../rules/storageHealth.js';
import type { Run } from '../run/program.js';
import { isHeld, untilWhen } from '../settings/storage.js';
import { hideSecrets } from '../text/hideSecrets.js';
import type { StatusReport } from './report.js';

/** Those whose lists wait first. */
export function storagesNow({ db, settings, now }: Pick<Run, 'db' | 'settings' | 'now'>): StatusReport['storages'] {
  const held = new Map(
    settings.storage.filter((each) => isHeld(each, now())).map((each) => [storageOf(each.match), each]),
  );
  const known = new Map(storages(db).map((row) => [row.name, row]));
  const all = [...new Set([...held.keys(), ...known.keys()])].sort().map((storage) => {
    const [health, choice] = [known.get(storage) ?? UNKNOWN_HEALTH, held.get(storage)];
    const { brokenSince } = health;
    const isBroken = brokenSince !== null;
    const state = choice !== undefined ? 'held' : isBroken ? 'broken' : 'open';
    return {
      storage,
      ...sharesOf(health),
      state,
      since: state === 'broken' ? new Date(brokenSince ?? 0).toISOString() : null,
      until: choice?.until === undefined ? null : new Date(choice.until).toISOString(),
      why: whyOf(),
    } as const;

    function whyOf(): string | null {
      if (choice !== undefined) return `"${choice.match}" is held by the settings, ${untilWhen(choice)}`;
      return isBroken ? hideSecrets(`${faultInWords(health)}; ${cureOf(health)}`) : null;
    }
  });
  return [...all.filter(({ state }) => state !== 'open'), ...all.filter(({ state }) => state === 'open')];
}
