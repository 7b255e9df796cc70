/**
 * proxies: a site with https servers, and proxy files that end when a test says.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';

import type { RehearsalOptions, RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Grid, USER_DN, type Pair } from '../rehearsal/certificates.js';
import { rsaKey } from '../support/keys.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { vomsExtension } from '../support/voms.js';

const PROXY = 'keyUsage=critical,digitalSignature,keyEncipherment\nproxyCertInfo=critical,language:id-ppl-inheritAll\n';
const AUTHORITY = `[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n[any]\n`;

/** As users and voms-proxy-init have them. */
const [USER_KEY, PROXY_KEY] = [rsaKey(), rsaKey()];

export interface Site {
  readonly server: RehearsalServer;
  /** For `fts.ca_directory`. */
  readonly caDirectory: string;
  /** Another server of the same CA. */
  readonly another: (name: string, options?: Partial<RehearsalOptions>) => Promise<RehearsalServer>;
  /** Writes a proxy of the user that ends so many minutes from now, with VOMS attributes for so many hours; returns its file. */
  readonly proxy: (minutes: number, vomsHours?: number) => string;
}

/** A server that believes its own CA, and a user of that CA. */
export async function site(name: string, options: Partial<RehearsalOptions> = {}): Promise<Site> {
  const grid = new Grid({ after: (end) => after(end as () => void) });
  const { cert, key } = grid.host();
  const user = grid.user(USER_DN, USER_KEY);
  const caDirectory = temporaryDirectory();
  writeFileSync(join(caDirectory, 'ca.pem'), grid.ca.cert);
  const tls = { cert, key, ca: grid.ca.cert };
  const another: Site['another'] = (other, more) => rehearsalServer(other, { tls, ...more });
  return {
    server: await another(name, options),
    caDirectory,
    another,
    proxy: (minutes, vomsHours) => proxyFile(user, minutes, vomsHours),
  };
}

/** Leaf, key and chain in one file, as voms-proxy-init writes them. */
function proxyFile(user: Pair, minutes: number, vomsHours?: number): string {
  const directory = temporaryDirectory();
  const file = (name: string, text?: string): string => {
    if (text !== undefined) writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  mkdirSync(file('certificates'));
  file('index', '');
  file('serial', '01\n');
  const [key, request, leaf] = [file('leaf.key', PROXY_KEY), file('leaf.csr'), file('leaf.pem')];
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const subject = ['-subj', `${USER_DN}/CN=4711`];
  openssl('req', '-new', '-key', key, '-out', request, ...subject);
  const signer = ['-cert', file('user.pem', user.cert), '-keyfile', file('user.key', user.key)];
  const dates = ['-startdate', '20200101000000Z', '-enddate', stamp(Date.now() + minutes * 60_000)];
  const extensions = vomsHours === undefined ? PROXY : `${PROXY}${vomsExtension(vomsHours)}`;
  const more = ['-extfile', file('extensions', extensions), '-preserveDN', '-notext', '-batch'];
  openssl('ca', '-config', file('ca.cnf', AUTHORITY), '-in', request, '-out', leaf, ...signer, ...dates, ...more);
  const proxy = file('proxy');
  writeFileSync(proxy, readFileSync(leaf, 'utf8') + readFileSync(key, 'utf8') + user.cert, { mode: 0o600 });
  return proxy;
}

/** "20261124014530Z" */
const stamp = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
