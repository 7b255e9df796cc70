/**
 * schema: every setting with what is allowed and its default, as `castor2echo.toml` spells it.
 *
 * The messages say what is allowed, so that one look at the mail is enough to mend the file. What stands in [job] goes
 * to FTS as it is and is checked as far as FTS would refuse it or silently take it for something else.
 */
import { TomlDate } from 'smol-toml';
import { array, custom, object, optional, type InferOutput, type ObjectEntries } from 'valibot';
import { whyBadUrl } from '../lists/url.js';

const DAY = 24 * 3600;
/**
 * FTS takes 2,048 characters of job metadata, as Python's `json.dumps` writes them; the campaign, the list and the
 * attempt need some of them.
 */
const METADATA_CHARACTERS = 1500;
const FILE_METADATA_CHARACTERS = 1024;

const must = <T>(what: string, holds: (value: unknown) => boolean) => custom<T>(holds, `must be ${what}`);

const whole = (least: number, most: number) =>
  must<number>(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  );

const oneOf = <const T extends readonly (string | boolean)[]>(...allowed: T) =>
  must<T[number]>(listed(allowed.map((value) => JSON.stringify(value))), (value) =>
    allowed.some((known) => known === value),
  );

const flag = oneOf(true, false);

const text = must<string>('a text of 1 to 255 characters', (value) => isText(value) && value.length <= 255);

/** FTS's tables hold Latin-1: anything beyond makes it answer 500. */
const latinText = must<string>(
  'a text of 1 to 255 characters, all of them Latin-1',
  (value) => isText(value) && value.length <= 255 && !/[^\u0000-\u00ff]/.test(value),
);

const queueTime = must<number | string>(
  'hours as a whole number from 1 to 8760, or a time like "30m" or "2d"',
  (value) =>
    typeof value === 'string'
      ? /^[1-9]\d{0,5}[smhd]$/.test(value)
      : Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 8760,
);

const metadata = must<Record<string, unknown>>(
  `a table of at most ${METADATA_CHARACTERS} characters as FTS writes it (as JSON, with six for each letter beyond ASCII)`,
  (value) => isTable(value) && pythonJson(value).length <= METADATA_CHARACTERS,
);

/** FTS takes 1,024 bytes of each (seen on FTS3 3.13). */
const fileMetadata = must<Record<string, unknown>>(
  `a table of at most ${FILE_METADATA_CHARACTERS} characters as FTS writes it`,
  (value) => isTable(value) && pythonJson(value).length <= FILE_METADATA_CHARACTERS,
);

/** One without a zone would be another time on another machine. */
const time = must<Date>(
  'a time with its zone, like 2026-12-01T08:00Z (without quotes)',
  (value) => value instanceof TomlDate && value.isDateTime() && !value.isLocal(),
);

const urlPrefix = must<string>(
  'the beginning of a URL, like "gsiftp://host.example.org/lhcb:prod" (the LFN is appended as it is)',
  (value) => typeof value === 'string' && value.length <= 1000 && whyBadUrl(`${value}/lfn`) === null,
);

const endpoint = must<string>(
  'a URL like "https://fts3.cern.ch:8446" (http:// for a loopback address only)',
  (value) => typeof value === 'string' && endpointOf(value) !== null,
);

const table = <const T extends ObjectEntries>(entries: T) =>
  object(entries, (issue) => (issue.expected === 'Object' ? 'must be a table' : 'must be given'));

/** What stands in [job] and, for the lists of a route, in its `job`. */
const JOB = {
  overwrite: optional(flag),
  verify_checksum: optional(oneOf(true, false, 'both', 'source', 'target', 'none')),
  retry: optional(whole(-1, 100)),
  priority: optional(whole(1, 5)),
  retry_delay: optional(whole(0, DAY)),
  bring_online: optional(whole(-1, 90 * DAY)),
  copy_pin_lifetime: optional(whole(-1, 90 * DAY)),
  archive_timeout: optional(whole(-1, 90 * DAY)),
  max_time_in_queue: optional(queueTime),
  activity: optional(latinText),
  source_spacetoken: optional(latinText),
  destination_spacetoken: optional(latinText),
  strict_copy: optional(flag),
  nostreams: optional(whole(0, 16)),
  timeout: optional(whole(0, 7 * DAY)),
  buffer_size: optional(whole(0, 2 ** 30)),
  ipv4: optional(flag),
  ipv6: optional(flag),
  s3alternate: optional(flag),
  disable_cleanup: optional(flag),
  job_metadata: optional(metadata),
  staging_metadata: optional(fileMetadata),
  archive_metadata: optional(fileMetadata),
};

const name = must<string>(
  'a name of 1 to 32 letters, digits, dots, dashes and underscores',
  (value) => typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(value),
);

const lfnsPerList = whole(1, 20_000);

const rewrite = must<[string, string][]>(
  'pairs of a regular expression for LFNs and what takes its place, like [["^/lhcb/buffer/(.*)$", "/$1"]]',
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (rule) => Array.isArray(rule) && rule.length === 2 && isExpression(rule[0]) && typeof rule[1] === 'string',
    ),
);

const route = table({
  name: optional(name),
  match: must<string>(
    'a pattern for the base names of LFN lists, like "*USER*" (without a slash)',
    (value) => isText(value) && !value.includes('/'),
  ),
  source: urlPrefix,
  destination: urlPrefix,
  rewrite: optional(rewrite),
  lfns_per_list: optional(lfnsPerList),
  max_doing: optional(whole(1, 1_000_000)),
  servers: optional(must<string[]>('a list of names of servers, like ["RAL"]', isListOfTexts)),
  job: optional(table(JOB)),
  /** The files are brought online where they are, and copied nowhere. */
  stage_only: optional(flag),
  /** Where another file stands at the destination: once more, over it. */
  overwrite_different: optional(flag),
  source_token_file: optional(text),
  destination_token_file: optional(text),
});

const storage = table({
  match: must<string>(
    'the beginning of URLs with the whole host and no *, like "gsiftp://gridftp.echo.stfc.ac.uk"',
    (value) =>
      typeof value === 'string' && value.length <= 1000 && !value.includes('*') && whyBadUrl(`${value}/lfn`) === null,
  ),
  max_doing: optional(whole(1, 1_000_000)),
  /** A downtime, or whatever a person has against sending more: its lists wait. */
  hold: optional(flag),
  until: optional(time),
});

const server = table({
  name,
  endpoint,
  /** Its share of the new lists; 0: it gets none, and is still asked. */
  weight: optional(whole(0, 1000), 50),
});

const job = table({
  ...JOB,
  overwrite: optional(flag, true),
  verify_checksum: optional(oneOf(true, false, 'both', 'source', 'target', 'none'), true),
  retry: optional(whole(-1, 100), 0),
  priority: optional(whole(1, 5), 3),
});

/** The whole file. Unknown settings are looked for apart, as this passes over them. */
export const SETTINGS_FILE = table({
  producer: optional(
    table({
      lfns_per_list: optional(lfnsPerList, 20),
      lists_per_run: optional(whole(1, 10_000), 1),
      group_by: optional(oneOf('directory', 'column')),
      lfn_lists: optional(
        must<string[]>('a list of patterns for files, like ["TODO/ListOfLFNs/*"]', isListOfTexts),
        () => ['TODO/ListOfLFNs/*'],
      ),
    }),
    {},
  ),
  route: optional(array(route, 'must be tables, each under [[route]]'), []),
  storage: optional(array(storage, 'must be tables, each under [[storage]]'), []),
  fts: optional(
    table({
      server: optional(array(server, 'must be tables, each under [[fts.server]]'), []),
      auth: optional(oneOf('auto', 'proxy', 'token'), 'auto'),
      delegation_hours: optional(whole(2, 720), 72),
      delegation_renew_hours: optional(whole(1, 719), 24),
      timeout_seconds: optional(whole(1, 600), 30),
      ca_directory: optional(text),
      /** The campaign's VO at every server; without it, at each the one of the first submission. */
      vo: optional(text),
    }),
    {},
  ),
  /** For proxies and tokens: renewed when less than `renew_hours` are left of one. */
  auth: optional(
    table({
      renew_command: optional(
        must<string>('a command of 1 to 1000 characters', (value) => isText(value) && value.length <= 1000),
      ),
      renew_hours: optional(whole(1, 720), 6),
    }),
    {},
  ),
  consumer: optional(
    table({
      lists_per_run: optional(whole(1, 10_000), 5),
      max_doing: optional(whole(0, 1_000_000), 0),
      concurrency: optional(whole(1, 32), 4),
    }),
    {},
  ),
  job: optional(job, {}),
  monitor: optional(
    table({
      max_failures: optional(whole(0, 100), 3),
      canceled: optional(oneOf('report', 'retry'), 'report'),
      permanent_at_once: optional(flag, false),
      /** A list in one state for longer than this needs a person. */
      stuck_days: optional(whole(1, 365), 7),
      quarantine_minutes: optional(whole(0, 10_080), 60),
      /** Is the right file there, where FTS says that the destination exists? */
      adopt_existing: optional(flag),
    }),
    {},
  ),
  lock: optional(
    table({
      max_run_minutes: optional(whole(1, 1440), 50),
      takeover_minutes: optional(whole(2, 2880), 60),
    }),
    {},
  ),
});

export type SettingsFile = InferOutput<typeof SETTINGS_FILE>;
export type ServerEntry = SettingsFile['fts']['server'][number];

/** The endpoint without a trailing slash, its scheme and host in lower case, or null if it is none. */
export function endpointOf(url: string): string | null {
  if (!/^https?:\/\/[^\s/?#@]+\/?$/i.test(url) || !URL.canParse(url)) return null;
  const { protocol, hostname, origin } = new URL(url);
  return protocol === 'https:' || /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname) ? origin : null;
}

/** The names of the settings in a table (or in each table of an array), with the schema of each; null if it is no table. */
export function settingsIn(schema: unknown): Readonly<Record<string, unknown>> | null {
  if (!isTable(schema)) return null;
  if (isTable(schema['entries'])) return schema['entries'];
  return settingsIn(schema['wrapped'] ?? schema['item']);
}

/** Is it a table, as the TOML parser returns one? */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && !/[\u0000-\u001f\u007f]/.test(value);
}

function isExpression(value: unknown): boolean {
  if (typeof value !== 'string' || value === '') return false;
  try {
    return new RegExp(value).source !== '';
  } catch {
    return false;
  }
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}

function listed(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

/** JSON as Python's `json.dumps` writes it, and FTS measures it: blanks after `,` and `:`, and ASCII alone. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    return `{${Object.entries(value)
      .map(([name, inner]) => `${pythonJson(name)}: ${pythonJson(inner)}`)
      .join(', ')}}`;
  return JSON.stringify(value).replace(
    /[^\u0000-\u007e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
