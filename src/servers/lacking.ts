/**
 * lacking: servers that do not know all that a list's job is sent with.
 *
 * They would take the job and drop the rest without a word: files would be copied with another token, or be done before
 * they are on tape. So it is known before anything is sent.
 */
import { type Announced, type Feature, knows, SINCE } from '../fts3/index.js';
import type { Origin } from '../lists/origin.js';
import { jobOf, type Route } from '../settings/route.js';
import type { Settings } from '../settings/settings.js';
import type { ServerSetting, Servers } from './servers.js';

/** What the lists of this route are sent with that not every FTS3 knows; null: those of a list that names none. */
export function wantsOf(
  settings: Pick<Settings, 'job'>,
  route: Route | null,
  list?: Pick<Origin, 'overwrite'>,
): Feature[] {
  const job = jobOf(settings, route, list);
  const isWanted: Readonly<Record<Feature, boolean>> = {
    tokens: route?.source_token_file !== undefined,
    archive_timeout: Number(job['archive_timeout'] ?? 0) > 0,
    staging_metadata: job['staging_metadata'] !== undefined,
    archive_metadata: job['archive_metadata'] !== undefined,
    disable_cleanup: job['disable_cleanup'] === true,
    // Done without where it is not known.
    dst_file_report: false,
  };
  return (Object.keys(isWanted) as Feature[]).filter((feature) => isWanted[feature]);
}

/** Is FTS to report what stands at destinations that exist? It does that on the way to tape alone (seen on FTS3 3.13). */
export const asksForReport = (
  { monitor }: Pick<Settings, 'monitor'>,
  job: Readonly<Record<string, unknown>>,
): boolean => monitor.adopt_existing === true && job['overwrite'] === false && Number(job['archive_timeout'] ?? 0) > 0;

/** `it announces FTS REST 3.12.4, and tokens of storages are known from 3.13.0 on`; null: it knows all of it. */
export function whyLacking(announced: Announced | null, wanted: readonly Feature[]): string | null {
  const lacking = wanted.filter((feature) => !knows(announced, feature));
  if (announced === null || lacking.length === 0) return null;
  const since = lacking.map(
    (feature) => `${feature === 'tokens' ? 'tokens of storages' : feature} from ${SINCE[feature]} on`,
  );
  return `it announces FTS REST ${announced.version}, and FTS knows ${since.join(', ')}`;
}

/** What each of these servers lacks that answers, as it announces it; null: one knows all of it, or none answers. */
export async function lackingAt(
  servers: Servers,
  among: readonly Pick<ServerSetting, 'endpoint'>[],
  wanted: readonly Feature[],
): Promise<readonly { name: string; why: string }[] | null> {
  if (wanted.length === 0) return null;
  const lacking = [];
  for (const { endpoint } of among) {
    const session = await servers.session(endpoint);
    if (session === null) continue;
    const why = whyLacking(await servers.announced(session), wanted);
    if (why === null) return null;
    lacking.push({ name: session.name, why });
  }
  return lacking.length === 0 ? null : lacking;
}

/** May new lists of this route (null: of none) go to this server? */
export const isServerOf = (route: Route | null, { name, weight }: ServerSetting): boolean =>
  weight > 0 && route?.servers?.includes(name) !== false;
