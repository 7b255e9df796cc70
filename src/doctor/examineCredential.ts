/**
 * examineCredential: the doctor's look at the proxy or token, and at the directory of the CAs. Reads only.
 */
import { failedBy, judgeLife, ok, warning, type Check } from './checks.js';
import { plural } from '../text/words.js';
import {
  CredentialError,
  discoverCredential,
  FtsError,
  readCaDirectory,
  vomsAttributes,
  type Credential,
} from '../fts3/index.js';
import type { CaChoice } from '../settings/caChoice.js';
import type { Settings } from '../settings/settings.js';

export const NEW_PROXY = 'run voms-proxy-init --voms YOUR-VO --valid 96:00';

/** The proxy or token that the programs would use; null when there is none that can be. */
export function examineCredential(
  { auth, delegation_renew_hours: delegationRenewHours }: Pick<Settings['fts'], 'auth' | 'delegation_renew_hours'>,
  env: NodeJS.ProcessEnv,
): { checks: Check[]; credential: Credential | null } {
  const now = new Date();
  try {
    const credential = discoverCredential(env, { auth, uid: process.getuid?.() ?? 0, now });
    return { checks: judgeCredential(credential, delegationRenewHours, now), credential };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { checks: [failedBy('credential', 'server', error.message, NEW_PROXY)], credential: null };
  }
}

function judgeCredential(credential: Credential, renewHours: number, now: Date): Check[] {
  const { subject, path, expires } = credential;
  const left = (end: Date): number => end.getTime() - now.getTime();
  if (credential.kind === 'token') {
    const what = `token of "${subject}" (${path})`;
    // Tokens live for hours and are renewed by others: only their last hour is a trouble.
    return [expires === null ? ok('token', what) : judgeLife('token', what, left(expires), 1, 'get a new token')];
  }
  const voms = vomsAttributes(credential);
  return [
    judgeLife('proxy', `${subject} (${path})`, left(credential.expires), renewHours, NEW_PROXY),
    ...(credential.limited
      ? [warning('proxy', 'it is a limited one: storages may refuse it', 'make one without -limited')]
      : []),
    // Without attributes it is for the server to say whether it knows our VO all the same.
    ...(voms === null || voms.expires === null
      ? []
      : [judgeLife('VOMS', voms.fqans.join(', '), left(voms.expires), 1, NEW_PROXY)]),
  ];
}

/** The authorities that may have signed the servers' certificates. */
export function examineCas({ caDirectory, caDirectoryFrom }: CaChoice): Check {
  const by = caDirectoryFrom === 'default' ? 'the default' : `by ${caDirectoryFrom}`;
  try {
    return ok('CAs', `${plural(readCaDirectory(caDirectory).length, 'CA')} in ${caDirectory} (${by})`);
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    const check = failedBy('CAs', 'server', error.message);
    return { ...check, text: `${check.text} (${by})` };
  }
}
