/**
 * caDirectory: reads a directory of grid CAs, such as /etc/grid-security/certificates.
 *
 * Such a directory holds each CA as NAME.pem and once more as HASH.0 (OpenSSL's name hash), with revocation lists
 * (*.r0), *.signing_policy, *.namespaces, *.info and *.crl_url beside them. Only the certificates are taken, each
 * once. A file that cannot be read or parsed is skipped, for one broken CA must not stop the others.
 */
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { BadEndpoint } from './errors.js';
import { pemBlocks } from './pem.js';

/**
 * The certificates of all CAs in the directory, PEM.
 * @throws BadEndpoint if there is none, since then no server could be trusted
 */
export function readCaDirectory(directory: string): string[] {
  const cas = new Map<string, string>();
  for (const name of fileNames(directory).sort()) {
    for (const pem of certificatesIn(path.join(directory, name))) {
      const fingerprint = fingerprintOf(pem);
      if (fingerprint !== null) cas.set(fingerprint, pem);
    }
  }
  if (cas.size === 0) throw untrusting(directory, 'there is no CA certificate (*.pem, *.0) in it');
  return [...cas.values()];
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /\.pem$|^[0-9a-f]{8}\.\d$/.test(name));
  } catch (error) {
    const why = directory.startsWith('~') ? '"~" is not expanded here' : (error as NodeJS.ErrnoException).code;
    throw untrusting(directory, why ?? 'unreadable');
  }
}

function untrusting(directory: string, why: string): BadEndpoint {
  return new BadEndpoint(
    `Cannot read the CAs in "${directory}": ${why}; set fts.ca_directory (or X509_CERT_DIR) to the grid's CA directory`,
  );
}

function certificatesIn(file: string): string[] {
  try {
    return pemBlocks(readFileSync(file, 'latin1'), 'CERTIFICATE');
  } catch {
    return [];
  }
}

function fingerprintOf(pem: string): string | null {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return null;
  }
}
