/**
 * recordings: exchanges with a real FTS3 3.13, as they were recorded.
 */
import { readFileSync } from 'node:fs';

export interface Recording {
  request: { method: string; path: string; body: string | null };
  response: { status: number; headers: Record<string, string>; body: string };
}

/** One recording, by its name without `.json`. */
export function recording(name: string): Recording {
  const url = new URL(`../../test/recordings/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Recording;
}
