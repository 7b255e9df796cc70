/**
 * until: waits for a state of another process that announces itself by no event (stopped, a zombie, a file written).
 *
 * It looks again and again, so a test waits exactly as long as it must; after ten seconds it fails.
 */
import { setTimeout as pause } from 'node:timers/promises';

const LONGEST_MS = 10_000;

export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`It never came to this: ${what}`);
    await pause(2);
  }
}
