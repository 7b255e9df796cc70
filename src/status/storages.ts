/**
 * storages: what there is to say of each storage: how its last transfers ended, and whether its lists wait.
 *
 * A hold may be about a part of a storage, a path or a port: then it has a row of its own, by its `match`. One that is
 * about all of a storage stands in the row of that; which is broken stays so.
 */
import type { StorageRow } from '../ftsJob.js';
import { cureOf, faultInWords, sharesOf, UNKNOWN_HEALTH } from '../rules/storageHealth.js';
import type { Run } from '../run/program.js';
import { comparable, isHeld, untilWhen } from '../settings/storage.js';
import type * as ListStorages from '../spool/listStorages.js';
import { hideSecrets } from '../text/hideSecrets.js';
import type { StatusReport } from './report.js';

/** Those whose lists wait first. */
export function storagesNow(
  { settings, spool, now }: Pick<Run, 'settings' | 'spool' | 'now'>,
  rows: readonly StorageRow[],
): StatusReport['storages'] {
  const held = new Map(
    settings.storage.filter((each) => isHeld(each, now())).map((each) => [comparable(each.match), each]),
  );
  const known = new Map(rows.map((row) => [row.name, row]));
  const broken = [...known.values()].filter(({ brokenSince }) => brokenSince !== null);
  const inUse = broken.length === 0 ? new Set<string>() : storagesInUse(spool, broken);
  const all = [...new Set([...held.keys(), ...known.keys()])].sort().map((storage) => {
    const [health, choice] = [known.get(storage) ?? UNKNOWN_HEALTH, held.get(storage)];
    const { brokenSince } = health;
    const isIdle = brokenSince !== null && choice === undefined && !inUse.has(storage);
    const next = isIdle
      ? '; no list of it is in TODO or DOING, and the next one goes as a probe'
      : choice === undefined
        ? '; its next list goes as a probe'
        : '';
    const why = [
      ...(choice === undefined ? [] : [`"${choice.match}" is held by the settings, ${untilWhen(choice)}`]),
      ...(brokenSince === null ? [] : [hideSecrets(`${faultInWords(health)}; ${cureOf(health)}${next}`)]),
    ];
    return {
      storage,
      ...sharesOf(health),
      state: brokenSince !== null ? 'broken' : choice !== undefined ? 'held' : 'open',
      since: brokenSince === null ? null : new Date(brokenSince).toISOString(),
      until: choice?.until === undefined ? null : new Date(choice.until).toISOString(),
      why: why.length === 0 ? null : why.join('; '),
      isIdle,
    } as const;
  });
  return [...all.filter(({ state }) => state !== 'open'), ...all.filter(({ state }) => state === 'open')];
}

/** Those of them that a list in TODO or DOING has files of. */
function storagesInUse(spool: Run['spool'], broken: readonly { readonly name: string }[]): Set<string> {
  const listStorages = require('../spool/listStorages.js') as typeof ListStorages;
  return listStorages.storagesInUse(spool, new Set(broken.map(({ name }) => name)));
}
