/** temporaryDirectory: a new directory with a blank in its path, removed when the test process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'castor2echo test-'));
  made.push(directory);
  return directory;
}

process.on('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});
