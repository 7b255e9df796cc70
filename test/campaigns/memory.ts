/** memory: campaigns are played in memory where there is such a place: each of thousands asks the disk a thousand times to sync. */
import { existsSync } from 'node:fs';

export function useMemory(): void {
  if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';
}
