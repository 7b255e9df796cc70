/**
 * routeTokens: the tokens of storages that a route names, or why its lists must wait for others.
 *
 * One that FTS could not exchange is not sent again, nor its partner: FTS does not say which of the two it was.
 */
import path from 'node:path';
import { hasTable } from '../database/tables.js';
import { refusedToken } from '../database/tokenRows.js';
import { CredentialError, readStorageToken, type StorageToken } from '../fts3/index.js';
import type { Db } from '../ftsJob.js';
import type { Run } from '../run/program.js';
import type { Route } from '../settings/route.js';

/** What each file of a job is sent with. */
export interface TokenPair {
  readonly source: StorageToken;
  readonly destination: StorageToken;
}

/** `why` says the file, what is wrong with what is in it, and the next step. Null: the route has no tokens. */
export function tokensOfRoute(
  { base, db, now }: Pick<Run, 'base' | 'db' | 'now'>,
  route: Route | null,
): { readonly pair: TokenPair } | { readonly why: string } | null {
  if (route?.source_token_file === undefined || route.destination_token_file === undefined) return null;
  try {
    const source = readStorageToken(path.resolve(base, route.source_token_file), now());
    const destination = readStorageToken(path.resolve(base, route.destination_token_file), now());
    for (const { path: file, id } of [source, destination]) {
      const refused = refusal(db, id);
      if (refused !== null)
        return {
          why: `FTS could not exchange the tokens of list "${refused.list}" on ${new Date(refused.at).toISOString()}, and the one in "${file}" is still one of them (FTS calls it ${id}); it is not sent again: put another one there`,
        };
    }
    return { pair: { source, destination } };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { why: error.message };
  }
}

/** Why its lists wait for other tokens, for a person who asks; null: they do not. */
export function whyTokensWanted(
  run: Pick<Run, 'base' | 'db' | 'now' | 'settings'>,
  route: Route | null,
): string | null {
  const found = tokensOfRoute(run, route);
  if (found === null || 'pair' in found) return null;
  const renews = run.settings.auth.renew_command !== undefined;
  return `${found.why}${renews ? ' (the next run of the consumer starts auth.renew_command first)' : ''}`;
}

/** Is it one that FTS could not exchange, or its partner? */
export const hasRefusedToken = (db: Db, { id }: { readonly id: string | null }): boolean =>
  id !== null && refusal(db, id) !== null;

/** Who only reads may have a database of an older version before them. */
const refusal = (db: Db, id: string): ReturnType<typeof refusedToken> =>
  hasTable(db, 'refused_token') ? refusedToken(db, id) : null;
