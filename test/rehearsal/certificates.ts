/**
 * certificates: a small grid of one's own, made with openssl in a temporary directory: a CA, a host, a user, proxies.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { ecKey } from '../support/keys.js';

export interface Pair {
  /** The certificate alone, PEM. */
  readonly cert: string;
  readonly key: string;
}

const USER = 'keyUsage=critical,digitalSignature,keyEncipherment\nbasicConstraints=critical,CA:FALSE\n';
const PROXY = 'keyUsage=critical,digitalSignature,keyEncipherment\nproxyCertInfo=critical,language:id-ppl-inheritAll\n';

export const USER_DN = '/DC=org/DC=example/OU=users/CN=Rea Lfts';

export class Grid {
  readonly ca: Pair;
  private readonly directory: string;
  private count = 0;

  constructor(t: Pick<TestContext, 'after'>) {
    this.directory = mkdtempSync(join(tmpdir(), 'castor2echo-grid-'));
    t.after(() => rmSync(this.directory, { recursive: true, force: true }));
    const [cert, key] = [this.file('ca.pem'), ecKey()];
    const subject = ['-subj', '/DC=org/DC=example/CN=Test CA', '-days', '2'];
    this.openssl('req', '-x509', '-new', '-key', this.write('key', key), '-out', cert, ...subject);
    this.ca = { cert: readFileSync(cert, 'utf8'), key };
  }

  host(): Pair {
    return this.signed(this.ca, '/DC=org/DC=example/CN=localhost', 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  }

  user(dn = USER_DN, key = ecKey()): Pair {
    return this.signed(this.ca, dn, USER, key);
  }

  /** A proxy of this signer; `dn` is the signer's. `extensions`: further ones, as openssl's configuration has them. */
  proxy(signer: Pair, dn: string, number = 12345, extensions = ''): Pair {
    return this.signed(signer, `${dn}/CN=${number}`, PROXY + extensions);
  }

  /** What a server's certificate request comes to when the signer makes a proxy of it. */
  delegated(signer: Pair, dn: string, request: string, days = 1): string {
    const csr = this.write('csr', request);
    // The request's own subject is a dummy: the signer says whose proxy it is.
    return this.sign(signer, csr, PROXY, ['-subj', `${dn}/CN=67890`, '-days', `${days}`]);
  }

  private signed(signer: Pair, dn: string, extensions: string, key = ecKey()): Pair {
    const csr = this.file('csr');
    this.openssl('req', '-new', '-key', this.write('key', key), '-out', csr, '-subj', dn);
    return { cert: this.sign(signer, csr, extensions, ['-days', '1']), key };
  }

  private sign(signer: Pair, csr: string, extensions: string, more: readonly string[]): string {
    const [cert, key, extfile] = [
      this.write('pem', signer.cert),
      this.write('key', signer.key),
      this.write('ext', extensions),
    ];
    const serial = `${1000 + (this.count += 1)}`;
    const by = ['-CA', cert, '-CAkey', key, '-set_serial', serial, '-extfile', extfile];
    const out = this.file('signed.pem');
    this.openssl('x509', '-req', '-in', csr, '-out', out, ...by, ...more);
    return readFileSync(out, 'utf8');
  }

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }

  private write(kind: string, text: string): string {
    const file = this.file(kind);
    writeFileSync(file, text);
    return file;
  }

  private file(kind: string): string {
    return join(this.directory, `${(this.count += 1)}.${kind}`);
  }
}
