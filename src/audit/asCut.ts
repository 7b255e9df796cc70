/**
 * asCut: is a list just what the producer made of the bytes that it names?
 *
 * So is nearly every list of a campaign, and then its cut need not be compared line by line. The bytes are read from
 * the LFN list, and the transfers that the producer writes for them must be those of the list, byte by byte. Whatever
 * else is in the one or the other (duplicates, lines that are no LFNs, comments, another route) makes it a list to be
 * compared.
 */
import { closeSync, readSync } from 'node:fs';
import { openRegular } from '../lfnLists/cursor.js';
import { Destinations } from '../lists/destinations.js';
import { isPlainLfn, parseLfnLine } from '../lists/lfn.js';
import { longestPrefix, type Prefixes } from '../lists/prefixes.js';
import { transferLine } from '../lists/transfer.js';
import type { Range } from './cuts.js';
import type { LfnList } from './lfnList.js';

type Source = Pick<LfnList, 'path' | 'why' | 'route'>;

const NEWLINE = 0x0a;

export class AsCut {
  private opened: { readonly lfnList: Source; readonly fd: number } | null = null;
  // A buffer for each list would have to be cleaned up half a million times.
  private lines = Buffer.alloc(0);
  private written = Buffer.alloc(0);

  /** How many transfers the list has; 0: it must be compared. `head`: its bytes before the first transfer, if that is known. */
  count(lfnList: Source, list: Buffer, head: number | null, { first, last }: Range): number {
    const { why, route } = lfnList;
    // Each LFN stands in the list twice, so the bytes that it claims are fewer than its own.
    if (head === null || why !== null || route === null || last - first >= list.length) return 0;
    if (route.rewrite !== undefined) return 0;
    if (this.lines.length <= list.length) {
      this.lines = Buffer.allocUnsafe(2 * list.length);
      this.written = Buffer.allocUnsafe(2 * list.length);
    }
    // The byte before must end a line.
    const [begin, end] = [Math.max(0, first - 1), last + 1];
    const length = readSync(this.open(lfnList), this.lines, 0, end - begin, begin);
    const isWhole = length === end - begin && this.lines[length - 1] === NEWLINE;
    if (!isWhole || (first > 0 && this.lines[0] !== NEWLINE)) return 0;
    const lines = this.lines.toString('latin1', first - begin, length - 1).split('\n');
    const text = transfersOf(lines, route);
    if (text === null) return 0;
    const size = this.written.write(text);
    return size === list.length - head && list.compare(this.written, 0, size, head) === 0 ? lines.length : 0;
  }

  close(): void {
    if (this.opened !== null) closeSync(this.opened.fd);
    this.opened = null;
  }

  /** Keeps one LFN list open at a time, however many there are. */
  private open(lfnList: Source): number {
    if (this.opened?.lfnList === lfnList) return this.opened.fd;
    this.close();
    this.opened = { lfnList, fd: openRegular(lfnList.path) };
    return this.opened.fd;
  }
}

/** The transfers of these lines as the producer writes them; null if one of the lines becomes none. */
function transfersOf(lines: readonly string[], route: Prefixes): string | null {
  const { source, destination } = route;
  const longest = longestPrefix(route);
  const seen = new Destinations(route);
  let text = '';
  for (const line of lines) {
    const isPlain = isPlainLfn(line, longest);
    const parsed = isPlain ? { lfn: line } : parseLfnLine(Buffer.from(line, 'latin1'), longest);
    if (!('lfn' in parsed) || seen.add(parsed.lfn) !== 'new') return null;
    const urls = { source: source + parsed.lfn, destination: destination + parsed.lfn };
    text += isPlain ? `${urls.source}  ${urls.destination}\n` : `${transferLine(Object.assign(parsed, urls))}\n`;
  }
  return text;
}
