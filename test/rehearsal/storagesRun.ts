/** storagesRun: a rehearsal of the storages as a process, of as few LFNs as it takes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { outcome, start, type Outcome } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { until } from '../support/until.js';

export const REHEARSE = fileURLToPath(new URL('../../dist/rehearsal/rehearse.js', import.meta.url));
const TIMEOUT_MS = 240_000;

/** `meanwhile`: as soon as the settings are written. */
export async function rehearseStorages(
  seed: number,
  meanwhile?: (settings: string) => void,
): Promise<Outcome & { base: string }> {
  const base = join(temporaryDirectory(), 'campaign');
  const child = start(REHEARSE, { base, args: ['--storages', '--lfns', '200', '--seed', `${seed}`, '--base', base] });
  child.stdin.end();
  const ended = outcome(child, 'rehearse', TIMEOUT_MS);
  if (meanwhile !== undefined) {
    const settings = join(base, 'storages', 'castor2echo.toml');
    await until(
      'the settings are written',
      () => existsSync(settings) && readFileSync(settings, 'utf8').endsWith('\n'),
    );
    meanwhile(settings);
  }
  return { ...(await ended), base };
}
