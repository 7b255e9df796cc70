/**
 * grid: a certificate authority, users, hosts and proxies, made with `openssl` for one test run.
 *
 * The users' names hold what makes names hard to copy: a T61String with a letter outside ASCII, and an RDN of two
 * values.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type CertificateCredential, discoverCredential } from '../../dist/fts3/index.js';
import { ecKey, rsaKey } from '../support/keys.js';

export type KeyType = 'rsa' | 'ec';

/** A certificate, its key, and what stands above it up to the CA, as files. */
export interface Identity {
  certificate: string;
  key: string;
  /** The certificates above this one, leaf first, without the CA; PEM. */
  above: string;
}

/** Masks 4 and 2 of ASN.1 strings: T61String and PrintableString; neither UTF-8 nor BMP. */
const REQUEST_CONFIG = '[req]\ndistinguished_name = dn\nstring_mask = MASK:6\nutf8 = yes\n[dn]\n';
const CA_EXTENSIONS = 'basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\n';
const LEAF_EXTENSIONS = 'basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature,keyEncipherment\n';
const IDENTIFIERS = 'subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n';

export class Grid {
  readonly directory = mkdtempSync(join(tmpdir(), 'c2e-grid-'));
  /** A directory as /etc/grid-security/certificates. */
  readonly caDirectory: string;
  readonly ca: Identity;
  private count = 0;
  private sharedKey: string | null = null;

  constructor() {
    writeFileSync(this.file('req.cnf'), REQUEST_CONFIG);
    const key = this.newKey('ec');
    const certificate = this.file('ca.pem');
    const extensions = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    ];
    const config = ['-config', this.file('req.cnf'), '-subj', '/DC=org/DC=example/CN=Test CA'];
    this.openssl(['req', '-x509', '-new', '-key', key, '-days', '30', '-out', certificate, ...config, ...extensions]);
    this.ca = { certificate, key, above: '' };
    this.caDirectory = mkdtempSync(join(this.directory, 'certificates-'));
    writeFileSync(join(this.caDirectory, 'TestCA.pem'), readFileSync(certificate));
  }

  openssl(args: string[]): string {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe', timeout: 30_000 });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  newKey(type: KeyType): string {
    const path = this.next('key.pem');
    writeFileSync(path, type === 'rsa' ? rsaKey() : ecKey(), { mode: 0o600 });
    return path;
  }

  /** RSA keys take their time: all that are not signed by the CA share one. */
  private rsaKey(signer: Identity): string {
    if (signer === this.ca) return this.newKey('rsa');
    this.sharedKey ??= this.newKey('rsa');
    return this.sharedKey;
  }

  /** A certificate request for this key, PEM, as a server makes one for a delegation. */
  request(key: string, subject = '/O=Dummy', digest = 'sha256'): string {
    return this.openssl(['req', '-new', `-${digest}`, '-key', key, '-subj', subject, '-config', this.file('req.cnf')]);
  }

  user(type: KeyType, days = 20): Identity {
    const subject = '/DC=org/DC=example/OU=Users+UID=dm7/CN=José Müller';
    return this.issue(this.ca, type, subject, LEAF_EXTENSIONS + IDENTIFIERS, days);
  }

  host(): Identity {
    return this.issue(
      this.ca,
      'ec',
      '/CN=localhost',
      `${LEAF_EXTENSIONS}${IDENTIFIERS}subjectAltName = IP:127.0.0.1\n`,
    );
  }

  intermediate(): Identity {
    return this.issue(this.ca, 'ec', '/DC=org/DC=example/CN=Sub CA', CA_EXTENSIONS + IDENTIFIERS);
  }

  /** A proxy made by OpenSSL; `policy` as in its proxyCertInfo, `name` the CN that is added. */
  proxy(signer: Identity, type: KeyType, policy = 'language:id-ppl-inheritAll', name = '4711'): Identity {
    const extensions = policy === '' ? LEAF_EXTENSIONS : `${LEAF_EXTENSIONS}proxyCertInfo = critical,${policy}\n`;
    const subject = `${this.subjectOf(signer)}/CN=${name}`;
    return this.issue(signer, type, subject, `${extensions}authorityKeyIdentifier = keyid\n`, 1);
  }

  issue(signer: Identity, type: KeyType, subject: string, extensions: string, days = 20): Identity {
    const key = type === 'ec' ? this.newKey('ec') : this.rsaKey(signer);
    const request = this.next('request.pem');
    const certificate = this.next('certificate.pem');
    const extensionFile = this.next('extensions.cnf');
    writeFileSync(request, this.request(key, subject));
    writeFileSync(extensionFile, extensions);
    const from = [
      '-CA',
      signer.certificate,
      '-CAkey',
      signer.key,
      '-days',
      String(days),
      '-set_serial',
      String(++this.count),
    ];
    this.openssl(['x509', '-req', '-in', request, '-extfile', extensionFile, '-out', certificate, ...from]);
    const above = signer === this.ca ? '' : readFileSync(signer.certificate, 'utf8') + signer.above;
    return { certificate, key, above };
  }

  /** A proxy file as voms-proxy-init writes it: leaf, key, chain; readable by its owner alone. */
  proxyFile({ certificate, key, above }: Identity): string {
    const path = this.next('x509up');
    for (const part of [readFileSync(certificate), readFileSync(key), above]) appendFileSync(path, part);
    chmodSync(path, 0o600);
    return path;
  }

  /** The proxy, as the client finds it. */
  credential(identity: Identity): CertificateCredential {
    const environment = { X509_USER_PROXY: this.proxyFile(identity) };
    const credential = discoverCredential(environment, { auth: 'proxy', uid: 0, now: new Date() });
    if (credential.kind !== 'certificate') throw new Error('a proxy is a certificate');
    return credential;
  }

  /** OpenSSL's judgement on a chain (PEM, leaf first) under the CA: "OK", or why not. */
  verdict(chain: string): string {
    const [leaf = '', ...rest] = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const [leafFile, chainFile] = [this.next('leaf.pem'), this.next('chain.pem')];
    writeFileSync(leafFile, leaf);
    writeFileSync(chainFile, rest.join(''));
    const given = ['-CAfile', this.ca.certificate, '-untrusted', chainFile];
    try {
      return (
        this.openssl(['verify', '-allow_proxy_certs', '-x509_strict', ...given, leafFile])
          .trim()
          .split(': ')[1] ?? ''
      );
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  }

  /** The certificate as OpenSSL prints it. */
  text(pem: string, ...what: string[]): string {
    const path = this.next('text.pem');
    writeFileSync(path, pem);
    return this.openssl(['x509', '-in', path, '-noout', ...(what.length === 0 ? ['-text'] : what)]);
  }

  /** The subject in the form that `-subj` takes. */
  subjectOf({ certificate }: Identity): string {
    const text = this.openssl([
      'x509',
      '-in',
      certificate,
      '-noout',
      '-subject',
      '-nameopt',
      'compat,utf8,-esc_msb,sep_multiline',
    ]);
    return text
      .split('\n')
      .slice(1)
      .filter((line) => line !== '')
      .map((line) => `/${line.trim().replace(/ \+ /g, '+')}`)
      .join('');
  }

  private file(name: string): string {
    return join(this.directory, name);
  }

  private next(name: string): string {
    this.count += 1;
    return this.file(`${this.count}-${name}`);
  }
}
