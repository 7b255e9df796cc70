/**
 * examineForecast: the doctor's look at whether the credentials outlive what is still to be done. Reads only.
 */
import { failedBy, ok, warning, type Check } from './checks.js';
import type { Db } from '../ftsJob.js';
import { forecast, type Delegation } from '../forecast/forecast.js';
import { queueOf } from '../forecast/queue.js';
import { cureOfExpiry, day, whyTooShort, type Forecast, type Queue } from '../rules/forecast.js';
import { SpoolError } from '../errors.js';
import { Spool } from '../spool/spool.js';
import type { Settings } from '../settings/settings.js';

export async function examineForecast(
  base: string,
  settings: Settings,
  db: Db,
  env: NodeJS.ProcessEnv,
  delegations: readonly Delegation[],
): Promise<Check[]> {
  const campaign = { base, settings, spool: new Spool(base), db, env, now: () => new Date() };
  try {
    const found = await forecast(campaign, delegations, () => queueOf(campaign, false));
    return found === null ? [] : judge(found);
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    return [failedBy('forecast', 'spool', error.message, 'mend that and look again')];
  }
}

interface Found {
  readonly queue: Queue;
  readonly credentials: readonly Forecast[];
}

function judge(found: Found): Check[] {
  const short = found.credentials.flatMap((each) => {
    const why = whyTooShort(each, found.queue);
    return why === null ? [] : [warning('forecast', why, cureOfExpiry(each))];
  });
  return short.length > 0 ? short : [ok('forecast', inWords(found))];
}

/** What the credentials were held against. */
function inWords({ queue: { transfers, ends, nextRun }, credentials }: Found): string {
  if (transfers === 0) return 'nothing is left to be done';
  if (credentials.every(({ isInUse }) => !isInUse)) return 'all that is left waits for storages that are held';
  return ends === null
    ? `no credential ends before the next run (about ${day(nextRun)}); of what is to be done no end is known`
    : `no credential ends before what is to be done: at this pace at ${day(ends)}`;
}
