/** site: what https needs: a CA, a host's certificate, and a proxy of a user. Made once, for all cases. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RehearsalOptions } from '../../dist/rehearsal/server/options.js';
import { Grid, USER_DN } from '../rehearsal/certificates.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

export interface Site {
  readonly tls: NonNullable<RehearsalOptions['tls']>;
  /** For `fts.ca_directory`. */
  readonly caDirectory: string;
  /** The environment in which a program finds the proxy. */
  readonly env: Readonly<Record<string, string>>;
}

let made: Site | null = null;

export function site(): Site {
  made ??= make();
  return made;
}

function make(): Site {
  const grid = new Grid({ after: (end) => void process.on('exit', () => (end as () => void)()) });
  const [host, user] = [grid.host(), grid.user()];
  const leaf = grid.proxy(user, USER_DN);
  const caDirectory = temporaryDirectory();
  writeFileSync(join(caDirectory, 'ca.pem'), grid.ca.cert);
  const proxy = join(temporaryDirectory(), 'proxy');
  writeFileSync(proxy, leaf.cert + leaf.key + user.cert, { mode: 0o600 });
  return {
    tls: { cert: host.cert, key: host.key, ca: grid.ca.cert },
    caDirectory,
    env: { X509_USER_PROXY: proxy },
  };
}
