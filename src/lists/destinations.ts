/**
 * destinations: which LFNs of one list are the same destination.
 *
 * The same LFN twice, or `/a//b` beside `/a/b`: FTS would write both to one file at the same time.
 */
import { destinationOf, type Prefixes } from './prefixes.js';
import { storageFile } from './storageFile.js';

/** Only an LFN with one of these can be another one's file under another text. */
const ODD = /\/\/|\/\.|\/$|[%?#;]/;

const UNKNOWN: Prefixes = { source: '', destination: '' };

export class Destinations {
  private readonly prefixes: Prefixes;
  private readonly lfns = new Set<string>();
  /** Null until it is needed: nearly no list has an odd LFN. */
  private files: Set<string> | null = null;

  /** `prefixes`: how a destination is made of an LFN; null: nobody knows, and the LFN stands for it. */
  constructor(prefixes: Prefixes | null) {
    this.prefixes = prefixes ?? UNKNOWN;
    // Rules may make one path of two LFNs.
    if (this.prefixes.rewrite !== undefined) this.files = new Set();
  }

  get size(): number {
    return this.lfns.size;
  }

  /** What this LFN is to those that were added before; it is added only if it is new. */
  add(lfn: string): 'new' | 'same LFN' | 'same file' {
    if (this.lfns.has(lfn)) return 'same LFN';
    if (this.files === null && ODD.test(lfn)) this.files = new Set([...this.lfns].map((one) => this.fileOf(one)));
    if (this.files !== null) {
      const file = this.fileOf(lfn);
      if (this.files.has(file)) return 'same file';
      this.files.add(file);
    }
    this.lfns.add(lfn);
    return 'new';
  }

  private fileOf(lfn: string): string {
    return storageFile(destinationOf(this.prefixes, lfn));
  }
}
