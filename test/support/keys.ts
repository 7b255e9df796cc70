/**
 * keys: keys for certificates that tests make. No two are the same within a process.
 *
 * An RSA key takes a third of a second to make: other processes get the same ones, which stand in build/keys until the
 * tests are built anew. Where RSA is not what is tested, take an EC key.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DIRECTORY = fileURLToPath(new URL('../keys/', import.meta.url));
let taken = 0;

/** A private key of 2048 bits, as PEM. */
export function rsaKey(): string {
  const file = `${DIRECTORY}${(taken += 1)}.key`;
  if (!existsSync(file)) make(file);
  return readFileSync(file, 'utf8');
}

/** A private key on P-256, as PEM. */
export function ecKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Under its name a key is complete; of two processes that make it at once, the later one's is kept. */
function make(file: string): void {
  mkdirSync(DIRECTORY, { recursive: true });
  const draft = `${file}.${process.pid}`;
  execFileSync('openssl', ['genrsa', '-out', draft, '2048'], { stdio: 'pipe' });
  renameSync(draft, file);
}
