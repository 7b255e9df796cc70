/**
 * keys: RSA keys for certificates that tests make. No two are the same within a process; other processes get the same ones,
 * as to make a key takes a third of a second: they stand in build/keys until the tests are built anew.
 */
import { execFileSync } from 'node:child_process';
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

/** Under its name a key is complete; of two processes that make it at once, the later one's is kept. */
function make(file: string): void {
  mkdirSync(DIRECTORY, { recursive: true });
  const draft = `${file}.${process.pid}`;
  execFileSync('openssl', ['genrsa', '-out', draft, '2048'], { stdio: 'pipe' });
  renameSync(draft, file);
}
