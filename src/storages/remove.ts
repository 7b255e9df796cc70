/**
 * remove: deletes files by `gfal-rm`, several in one process, and says of each what became of it.
 *
 *     DELETED, MISSING   as gfal-rm says, or a look afterwards
 *     FAILED             with the reason
 *     untried            gfal-rm ended before it came to them
 *
 * As gfal2-util 1.8 was seen: a line `URL<TAB>DELETED` (MISSING, FAILED) for each; it ends at the first FAILED, whose
 * reason stands on stderr, and the URLs behind it are not tried. A directory has no line at all. Newer ones write
 * `FAILED: reason`. What a process has done that was killed, nobody knows: each of its files is looked at again before
 * anything is said of it. Never with `-r`: a directory is not deleted.
 */
import { forEach, gfal, failureOf, type CommandEnd, type GfalOptions } from './gfal.js';
import { statFile, type Stat } from './look.js';

export type Removed =
  | { readonly outcome: 'DELETED' | 'MISSING' }
  /** `isForbidden`: the storage does not let us delete; it will not the next one either. */
  | { readonly outcome: 'FAILED'; readonly reason: string; readonly isForbidden: boolean };

export interface Removals {
  readonly ended: ReadonlyMap<string, Removed>;
  readonly untried: readonly string[];
}

/** When a process was killed, so many of its files are looked at together. */
const LOOKS = 4;
/** EPERM, EACCES. */
const FORBIDDEN = new Set(['1', '13']);
const FORBIDS = /permission denied|operation not permitted/i;

/** `urls`: each once. @throws UsageError when gfal-rm is not installed. */
export async function removeFiles(urls: readonly string[], options: GfalOptions): Promise<Removals> {
  const ended = await gfal('gfal-rm', urls, options);
  return ended.exit === null ? lookAgain(urls, ended, options) : readRemovals(urls, ended);
}

/** What the words of a gfal-rm mean that has ended by itself. At least one of the files has ended. */
export function readRemovals(urls: readonly string[], ended: CommandEnd): Removals {
  const said = linesOf(ended.stdout);
  const reason = failureOf(ended);
  const isForbidden = FORBIDDEN.has(/^gfal-rm error: (\d+) \(/m.exec(ended.stderr)?.[1] ?? '');
  const removed = new Map<string, Removed>();
  let hasFailed = false;
  for (const url of urls) {
    const { outcome, text = '' } = said.get(url) ?? {};
    if (outcome === 'DELETED' || outcome === 'MISSING') removed.set(url, { outcome });
    else if (outcome === 'FAILED')
      removed.set(url, { outcome, reason: text || reason, isForbidden: isForbidden || FORBIDS.test(text) });
    hasFailed ||= outcome === 'FAILED';
  }
  const silent = urls.filter((url) => !removed.has(url));
  // The first without a line is the one it ended at.
  const stumbled = hasFailed ? 0 : 1;
  for (const url of silent.slice(0, stumbled)) removed.set(url, { outcome: 'FAILED', reason, isForbidden });
  return { ended: removed, untried: silent.slice(stumbled) };
}

type Line = { readonly outcome: 'DELETED' | 'MISSING' | 'FAILED'; readonly text: string };

function linesOf(stdout: string): Map<string, Line> {
  const lines = new Map<string, Line>();
  // A last line without its end may be cut off.
  for (const line of stdout.split('\n').slice(0, -1)) {
    const [, url, outcome, text = ''] = /^(.*)\t(DELETED|MISSING|FAILED)(?::\s*(.*))?\s*$/.exec(line) ?? [];
    if (url !== undefined) lines.set(url, { outcome: outcome as Line['outcome'], text });
  }
  return lines;
}

async function lookAgain(urls: readonly string[], killed: CommandEnd, options: GfalOptions): Promise<Removals> {
  const said = linesOf(killed.stdout);
  const stats = new Map<string, Stat>();
  await forEach(urls, { parallel: LOOKS, mustStop: () => null }, async (url) => {
    stats.set(url, await statFile(url, options));
  });
  const ended = urls.map((url): [string, Removed] => {
    const stat = stats.get(url);
    if (stat?.kind === 'missing')
      return [url, { outcome: said.get(url)?.outcome === 'DELETED' ? 'DELETED' : 'MISSING' }];
    const now = stat?.kind === 'there' ? 'it is still there' : `nobody knows whether it is there: ${stat?.reason}`;
    return [url, { outcome: 'FAILED', reason: `${failureOf(killed)}; ${now}`, isForbidden: false }];
  });
  return { ended: new Map(ended), untried: [] };
}
