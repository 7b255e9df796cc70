/**
 * versions: what FTS's REST interface announces and knows, by version.
 *
 * Read in its code: fts-rest 3.10 and 3.11, fts-rest-flask 3.12 and 3.13 (the last patch of each); 3.13 is the one that
 * was recorded. What a version does not know it drops without an error. 3.14 is taken for 3.13 with the schema of fts3
 * 3.14. 4.0 is what FTS4 is announced to be: tokens only, and no delegation.
 */
import type { Json } from './parameters.js';

export const FTS_VERSIONS = ['3.10', '3.11', '3.12', '3.13', '3.14', '4.0'] as const;
export type FtsVersion = (typeof FTS_VERSIONS)[number];

interface Announcement {
  readonly patch: number;
  readonly schema: readonly [major: number, minor: number, patch: number];
}

const ANNOUNCED: Readonly<Record<FtsVersion, Announcement>> = {
  '3.10': { patch: 1, schema: [6, 0, 0] },
  '3.11': { patch: 1, schema: [7, 0, 0] },
  '3.12': { patch: 4, schema: [8, 2, 0] },
  '3.13': { patch: 4, schema: [9, 1, 0] },
  '3.14': { patch: 0, schema: [10, 0, 1] },
  '4.0': { patch: 0, schema: [11, 0, 0] },
};

/** Names in requests and answers, and the first version that knows them. */
const SINCE: Readonly<Record<string, FtsVersion>> = {
  dst_file_report: '3.11',
  overwrite_on_retry: '3.11',
  overwrite_hop: '3.12',
  staging_metadata: '3.12',
  archive_metadata: '3.12',
  scitag: '3.12',
  overwrite_when_only_on_disk: '3.13',
  disable_cleanup: '3.13',
  source_tokens: '3.13',
  destination_tokens: '3.13',
  src_token_id: '3.13',
  dst_token_id: '3.13',
  file_state_initial: '3.13',
};

const isBefore = (one: FtsVersion, other: FtsVersion): boolean =>
  FTS_VERSIONS.indexOf(one) < FTS_VERSIONS.indexOf(other);

/** From 3.13 on a job with tokens waits for their exchange, and may not stage or archive. */
export const exchangesTokens = (version: FtsVersion): boolean => !isBefore(version, '3.13');

export const delegates = (version: FtsVersion): boolean => version !== '4.0';

/** GET / */
export function announcement(version: FtsVersion): Json {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const { patch, schema } = ANNOUNCED[version];
  return {
    delegation: delegates(version) ? { major: 1, minor: 0, patch: 0 } : null,
    api: { major, minor, patch },
    core: null,
    schema: { major: schema[0], minor: schema[1], patch: schema[2] },
    _links: {
      'fts:whoami': { href: '/whoami' },
      'fts:jobsubmit': { href: '/jobs' },
      'fts:archive': { href: '/archive/' },
    },
  };
}

/** Without what this version does not know. */
export const asKnown = (version: FtsVersion, given: Json): Json =>
  Object.fromEntries(
    Object.entries(given).filter(([name]) => {
      const since = SINCE[name];
      return since === undefined || !isBefore(version, since);
    }),
  );
