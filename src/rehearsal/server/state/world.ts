/**
 * world: all that a rehearsal server knows, and the request as its routes see it.
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { Bans } from './bans.js';
import type { Delegations } from './delegation.js';
import type { Caller } from '../protocol/identity.js';
import type { FtsVersion } from '../protocol/versions.js';
import type { JobTable } from './jobs.js';

export interface World {
  readonly version: FtsVersion;
  readonly table: JobTable;
  readonly bans: Bans;
  readonly delegations: Delegations;
  readonly needDelegation: boolean;
  /** A random job id. */
  readonly newId: () => string;
}

export interface Call {
  readonly method: string;
  /** The path without the query, as it stood in the request. */
  readonly path: string;
  /** What the pattern of the route found in the path, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly caller: Caller;
  /** The server's clock, milliseconds. */
  readonly now: number;
  /** The submission is to become visible only later: `until` that time, or null: after the next look. */
  readonly commitLate?: { readonly until: number | null };
}
