/**
 * problems: what is wrong with settings that are well formed one by one: names that nobody knows, and values
 * that contradict each other. Nothing here throws; every problem is returned with its place.
 */
import { hasTilde, NO_TILDE } from '../disk.js';
import { isOneFile } from '../lists/storageFile.js';
import { storedUrl } from '../lists/url.js';
import { endpointOf, isTable, settingsIn } from './schema.js';
import type { SettingsFile } from './schema.js';
import { comparable } from './storage.js';
import type { SettingPath } from './tomlPosition.js';

export interface Problem {
  /** Where it stands; empty if it stands nowhere. */
  readonly path: SettingPath;
  /** The value as the file has it, undefined if it has none. */
  readonly value: unknown;
  /** A phrase to follow the key and the value. */
  readonly why: string;
}

/** Settings that the schema does not know, each with the known one that its writer may have meant. */
export function unknownSettings(schema: unknown, tables: unknown): Problem[] {
  return unknownIn(schema, tables, []);

  function unknownIn(known: unknown, value: unknown, path: SettingPath): Problem[] {
    const settings = settingsIn(known);
    if (settings === null) return [];
    if (Array.isArray(value)) return value.flatMap((element, index) => unknownIn(known, element, [...path, index]));
    if (!isTable(value)) return [];
    return Object.entries(value).flatMap(([key, inner]) =>
      Object.hasOwn(settings, key)
        ? unknownIn(settings[key], inner, [...path, key])
        : [{ path: [...path, key], value: inner, why: `unknown setting${suggestion(key, settings, schema)}` }],
    );
  }
}

/** Values that are allowed each by itself, but not together; and what no campaign can do without. */
export function contradictions({ producer, route, storage, fts, job, lock }: SettingsFile): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: SettingPath, value: unknown, why: string) => problems.push({ path, value, why });

  if (route.length === 0) refuse([], undefined, 'no [[route]] is given; castor2echo.example.toml shows how');
  if (fts.server.length === 0) refuse([], undefined, 'no [[fts.server]] is given; castor2echo.example.toml shows how');
  route.forEach(({ source, destination, stage_only: isStageOnly }, index) => {
    if (isStageOnly !== true && isOneFile({ source: `${source}/lfn`, destination: `${destination}/lfn` })) {
      const hidden = storedUrl(source) === storedUrl(destination) ? '' : ` "${source}": to the storage both are one`;
      refuse(['route', index, 'destination'], destination, `must differ from the source${hidden}`);
    }
  });
  route.forEach((each, index) => problems.push(...ofRoute(each, index, { route, fts, job })));
  storage.forEach(({ match, hold, until }, index) => {
    const first = storage.findIndex((other) => comparable(other.match) === comparable(match));
    if (first < index)
      refuse(
        ['storage', index, 'match'],
        match,
        `must differ from the match of the other [[storage]] "${storage[first]?.match}": put what both say into one of them`,
      );
    if (until !== undefined && hold !== true)
      refuse(
        ['storage', index, 'until'],
        until,
        'needs hold = true beside it: until then the lists of that storage wait',
      );
  });
  if (hasTilde(fts.ca_directory ?? '')) refuse(['fts', 'ca_directory'], fts.ca_directory, NO_TILDE);
  if (producer.lfn_lists.some(hasTilde)) refuse(['producer', 'lfn_lists'], producer.lfn_lists, NO_TILDE);
  const endpoints = fts.server.map(({ endpoint }) => endpointOf(endpoint));
  fts.server.forEach(({ name, endpoint }, index) => {
    if (fts.server.findIndex((other) => other.name === name) < index) {
      refuse(['fts', 'server', index, 'name'], name, 'must differ from the names of the other servers');
    }
    if (endpoints.indexOf(endpointOf(endpoint)) < index) {
      refuse(['fts', 'server', index, 'endpoint'], endpoint, 'must differ from the endpoints of the other servers');
    }
  });
  if (fts.server.length > 0 && fts.server.every(({ weight }) => weight === 0)) {
    refuse(['fts', 'server', 0, 'weight'], 0, 'must be above 0 for one server at least');
  }
  if (fts.delegation_renew_hours >= fts.delegation_hours) {
    const why = `must be less than fts.delegation_hours (${fts.delegation_hours})`;
    refuse(['fts', 'delegation_renew_hours'], fts.delegation_renew_hours, why);
  }
  problems.push(...ofJob(job, ['job'], fts.auth));
  if (lock.takeover_minutes <= lock.max_run_minutes) {
    // Else a lease could be taken from a run that is still alive.
    const why = `must be more than lock.max_run_minutes (${lock.max_run_minutes})`;
    refuse(['lock', 'takeover_minutes'], lock.takeover_minutes, why);
  }
  return problems;
}

/** `path`: where it stands in the file. What a route leaves out, [job] says. */
function ofJob(
  job: Readonly<Record<string, unknown>>,
  path: SettingPath,
  auth: SettingsFile['fts']['auth'],
): Problem[] {
  const problems: Problem[] = [];
  if (auth === 'token')
    for (const [key, value] of tapeIn(job))
      problems.push({
        path: [...path, key],
        value,
        why: 'must not stand beside fts.auth = "token": FTS takes no tokens for tape',
      });
  if (job['ipv4'] === true && job['ipv6'] === true)
    problems.push({
      path: [...path, 'ipv6'],
      value: true,
      why: 'must not be true beside job.ipv4, of which alone FTS would take notice',
    });
  if (job['strict_copy'] === true && job['overwrite'] === false)
    problems.push({
      path: [...path, 'strict_copy'],
      value: true,
      why: 'must not be true beside job.overwrite = false: FTS would overwrite what is at the destination without a look',
    });
  return problems;
}

/** What of these settings asks for tape. */
const tapeIn = (job: Readonly<Record<string, unknown>>): [key: string, value: unknown][] =>
  ['bring_online', 'copy_pin_lifetime', 'archive_timeout']
    .map((key): [string, unknown] => [key, job[key]])
    .filter(([, value]) => Number(value ?? 0) > 0);

/** A route with settings of its own is known by its name, which its lists carry. */
function ofRoute(
  each: SettingsFile['route'][number],
  index: number,
  { route, fts, job }: Pick<SettingsFile, 'route' | 'fts' | 'job'>,
): Problem[] {
  const { name, match, servers, max_doing: maxDoing, job: own, stage_only: isStageOnly } = each;
  const { overwrite_different: overwritesDifferent } = each;
  const tokenFile = each.source_token_file ?? each.destination_token_file;
  const problems: Problem[] = [];
  const refuse = (key: string, value: unknown, why: string) =>
    problems.push({ path: ['route', index, key], value, why });
  if (isStageOnly === true) {
    const { source, destination, rewrite } = each;
    if (source !== destination || rewrite !== undefined)
      refuse('stage_only', true, 'needs a destination that is the source, without rewrite: nothing is copied');
    if (((own ?? {}).bring_online ?? job.bring_online ?? 0) <= 0)
      refuse('stage_only', true, 'needs job.bring_online above 0, the seconds that reading from tape may take');
  }
  if (
    name === undefined &&
    (servers ?? maxDoing ?? own ?? isStageOnly ?? overwritesDifferent ?? tokenFile) !== undefined
  )
    refuse('match', match, 'needs a name beside it, as its lists say by which route they were cut');
  if (name !== undefined && route.findIndex((other) => other.name === name) < index)
    refuse('name', name, 'must differ from the names of the other routes');
  for (const server of servers ?? [])
    if (!fts.server.some((each) => each.name === server))
      refuse('servers', servers, `names "${server}", which is the name of no [[fts.server]]`);
  if (servers !== undefined && fts.server.every(({ name: known, weight }) => weight === 0 || !servers.includes(known)))
    refuse('servers', servers, 'must name one server at least whose weight is above 0');
  if (own !== undefined) problems.push(...ofJob({ ...job, ...own }, ['route', index, 'job'], fts.auth));
  if (tokenFile !== undefined) ofTokens(each, fts.auth, { ...job, ...own }, refuse);
  return problems;
}

/** What FTS would refuse, or take otherwise. */
function ofTokens(
  { source_token_file: source, destination_token_file: destination }: SettingsFile['route'][number],
  auth: SettingsFile['fts']['auth'],
  job: Readonly<Record<string, unknown>>,
  refuse: (key: string, value: unknown, why: string) => void,
): void {
  const given = source === undefined ? 'destination_token_file' : 'source_token_file';
  const file = source ?? destination;
  if (source === undefined || destination === undefined)
    refuse(
      given,
      file,
      `needs ${source === undefined ? 'source_token_file' : 'destination_token_file'} beside it: FTS takes tokens of both storages or of none`,
    );
  for (const [key, value] of Object.entries({ source_token_file: source, destination_token_file: destination }))
    if (hasTilde(value ?? '')) refuse(key, value, NO_TILDE);
  if (auth === 'proxy')
    refuse(
      given,
      file,
      'must not stand beside fts.auth = "proxy": FTS takes tokens of storages only from who logs in with a token',
    );
  // With fts.auth = "token" that is said of the key itself.
  if (auth !== 'token')
    for (const [key, value] of tapeIn(job))
      refuse(given, file, `must not stand beside ${key} = ${String(value)}: FTS takes no tokens for tape`);
}

/** ` (did you mean "retry"?)`, from the same table if it has a like name, else from another one; or nothing. */
function suggestion(key: string, siblings: Readonly<Record<string, unknown>>, schema: unknown): string {
  const sibling = nearest(key, Object.keys(siblings));
  if (sibling !== undefined) return ` (did you mean "${sibling}"?)`;
  for (const [table, inner] of Object.entries(settingsIn(schema) ?? {})) {
    const elsewhere = nearest(key, Object.keys(settingsIn(inner) ?? {}));
    if (elsewhere !== undefined) return ` (did you mean "${elsewhere}" in [${table}]?)`;
  }
  return '';
}

/** The name that is at most two edits (and a third of its length) away, the closest first. */
function nearest(key: string, names: readonly string[]): string | undefined {
  return names
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name) }))
    .filter(({ name, distance }) => distance <= Math.min(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance)[0]?.name;
}

/** How many characters have to be added, removed or replaced to make one text the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, character] of Array.from(a.slice(0, 100)).entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (character === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
