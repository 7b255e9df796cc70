/**
 * examineTokens: the doctor's look at the tokens of storages that routes name: whether each is there, lasts, and
 * permits what it is for. Reads only; of a token it says its file, its end and FTS's id of it.
 */
import path from 'node:path';
import { failed, failedBy, ok, warning, type Check } from './checks.js';
import type { CampaignDatabase } from '../database/database.js';
import { hasTable } from '../database/tables.js';
import { refusedToken } from '../database/tokenRows.js';
import { CredentialError, discoverCredential, readStorageToken, type StorageToken } from '../fts3/index.js';
import { wantedMs } from '../rules/tokens.js';
import { jobOf, titleOf, type Route } from '../settings/route.js';
import type { Settings } from '../settings/settings.js';
import { duration } from '../text/words.js';

/** Good for every storage, by the WLCG's profile of tokens. */
const ANY_AUDIENCE = 'https://wlcg.cern.ch/jwt/v1/any';
const NEW_TOKEN = 'get another token (htgettoken, oidc-token)';

/** One of these scopes is wanted. */
const SCOPES = { source: ['storage.read'], destination: ['storage.create', 'storage.modify'] } as const;
const SIDES = ['source', 'destination'] as const;

export function examineTokens(
  base: string,
  settings: Settings,
  database: CampaignDatabase | null,
  env: NodeJS.ProcessEnv,
): Check[] {
  const routes = settings.route.filter((route) => route.source_token_file !== undefined);
  if (routes.length === 0) return [];
  const now = new Date();
  const checks = routes.flatMap((route) =>
    SIDES.flatMap((side) => examineOne(path.resolve(base, route[`${side}_token_file`] ?? ''), { route, side }, now)),
  );
  return [...checks, ...examineLogin(settings, env, now)];

  function examineOne(file: string, of: { route: Route; side: (typeof SIDES)[number] }, at: Date): Check[] {
    const title = `route ${titleOf(of.route)}, ${of.side}`;
    try {
      const token = readStorageToken(file, at);
      const refused =
        database !== null && hasTable(database.db, 'refused_token') ? refusedToken(database.db, token.id) : null;
      if (refused !== null) {
        const text = `${title}: ${file}: FTS could not exchange it or its partner for list "${refused.list}" (FTS calls it ${token.id}): it is not sent again`;
        return [failed('tokens', 'person', text, NEW_TOKEN)];
      }
      const left = token.expires.getTime() - at.getTime();
      const wanted = wantedMs(token.scopes, jobOf(settings, of.route));
      const what = `${title}: ${file}, ${duration(left)} left`;
      const wrong = [
        ...(left < wanted ? [`it ends before a job can, which may take ${duration(wanted)}`] : []),
        ...whyUnfit(token, of.side, of.route[of.side]),
      ];
      return wrong.length === 0
        ? [ok('tokens', what)]
        : wrong.map((why) => warning('tokens', `${what}: ${why}`, NEW_TOKEN));
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      const check = failedBy('tokens', 'person', error.message, NEW_TOKEN);
      return [{ ...check, text: `${title}: ${check.text}` }];
    }
  }
}

/** What a storage that goes by the WLCG's profile would refuse; FTS looks at neither. */
function whyUnfit({ scopes, audiences }: StorageToken, side: (typeof SIDES)[number], prefix: string): string[] {
  const wanted = SCOPES[side];
  const hasScope = scopes.some((scope) => wanted.some((one) => scope === one || scope.startsWith(`${one}:`)));
  const { hostname } = new URL(prefix);
  const isFor = (audience: string): boolean =>
    audience === ANY_AUDIENCE ||
    audience === hostname ||
    (URL.canParse(audience) && new URL(audience).hostname === hostname) ||
    audience.startsWith(`${hostname}:`);
  return [
    ...(hasScope ? [] : [`it has no scope ${wanted.join(' or ')} (but ${scopes.join(' ') || 'none'})`]),
    ...(audiences.some(isFor) ? [] : [`its audience is ${audiences.join(', ') || 'not given'}, and not ${hostname}`]),
  ];
}

/** From who logs in with a proxy FTS takes no tokens. What is wrong with the credential itself is said elsewhere. */
function examineLogin({ fts }: Settings, env: NodeJS.ProcessEnv, now: Date): Check[] {
  try {
    const credential = discoverCredential(env, { auth: fts.auth, uid: process.getuid?.() ?? 0, now });
    if (credential.kind === 'token') return [];
    const text = `FTS takes tokens of storages only from who logs in with a token, and the programs log in with ${credential.path}`;
    return [failed('tokens', 'person', text, 'set fts.auth = "token"')];
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return [];
  }
}
