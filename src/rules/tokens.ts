/**
 * tokens: what is known of the tokens that FTS copies with: which refusal of FTS's is theirs, and whether one ends too
 * early.
 *
 * FTS exchanges a token for one that it can renew, before its files may begin; one without `offline_access` it uses as
 * it is, also after its end (seen on FTS3 3.13).
 */
import { HOUR_MS, MINUTE_MS } from '../text/words.js';

/** Until FTS has exchanged it. */
const EXCHANGE_MS = 10 * MINUTE_MS;

/** A job that may wait without end takes this at least. */
const LEAST_JOB_MS = HOUR_MS;

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: MINUTE_MS, h: HOUR_MS, d: 24 * HOUR_MS };

/** Has the issuer refused the token? A service that failed has not, and is asked again with the same one. */
export const isExchangeRefused = (reason: string): boolean =>
  /^Failed to (?:get|obtain) refresh token\b/i.test(reason) && !/HTTP 5\d\d\b/.test(reason);

/** For how long a job of these settings wants a token, from its submission on. */
export function wantedMs(scopes: readonly string[], job: Readonly<Record<string, unknown>>): number {
  if (scopes.includes('offline_access')) return EXCHANGE_MS;
  const copy = typeof job['timeout'] === 'number' ? job['timeout'] * 1000 : 0;
  return (queueMs(job['max_time_in_queue']) ?? LEAST_JOB_MS) + copy;
}

/** Hours, or a text with a unit. */
function queueMs(value: unknown): number | null {
  if (typeof value === 'number') return value * HOUR_MS;
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(typeof value === 'string' ? value : '') ?? [];
  return count === undefined ? null : Number(count) * (UNITS[unit] ?? 0);
}
