/**
 * bases: where the files of each storage element lie in a dump: below its base.
 *
 * From a file (`RAL-DST;prod`), or from the routes of the campaign: a storage element's files lie where its lost list
 * would be sent to. Several storage elements may share a base, and one base may lie within another: the longer one
 * counts.
 */
import fs from 'node:fs';
import { storageFile } from '../lists/storageFile.js';
import { routeFor, titleOf, type Route } from '../settings/route.js';
import { UsageError } from '../errors.js';
import { decodeUtf8 } from '../text/escape.js';
import { inspectInput } from './inputs.js';

const LONGEST_BASE = 500;

export interface Base {
  /** Without slashes at its ends; empty: the root of the storage. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface PathElement {
  readonly name: string;
  readonly base: number;
}

/** Where the path of a line belongs. */
export interface Placing {
  /** The bytes that go before the path. */
  readonly prefix: Uint8Array;
  /** Which storage element, or which base, when the path stands behind the prefix; null: nobody's. */
  element(bytes: Uint8Array, pathAt: number, length: number): number | null;
}

/** Tells where a line belongs by the bytes of its first column. */
export interface Places {
  /** Null: nobody has asked for it yet, or it belongs nowhere. */
  known(bytes: Uint8Array, from: number, to: number): Placing | null;
  /** Null: the line is counted, and not kept. */
  placing(bytes: Uint8Array, from: number, to: number): Placing | null;
}

/** The name of the LFN list of what a storage element has lost. */
export const lostName = (element: string): string => `lost-${fileName(element)}.list`;
export const darkName = ({ path }: Base): string => `dark-${path === '' ? 'root' : fileName(path)}.list`;

const fileName = (text: string): string => text.replaceAll(/[^A-Za-z0-9._+-]/g, '_');

/** Storage elements and their bases. */
export type Pairs = readonly (readonly [string, string])[];

export class Bases {
  readonly bases: Base[] = [];
  readonly elements: PathElement[] = [];
  /** Lines of the catalogue whose storage element has no base, by its name. */
  readonly unknown = new Map<string, number>();
  /** Lines of the dump below no base, and the first of them. */
  outside = 0;
  outsideExample = '';
  private readonly byName = new Map<string, number | null>();
  private readonly routes: readonly Route[];
  private readonly isKept: (pool: string) => boolean;
  private readonly names: Buffer[] = [];
  private readonly placings: Placing[] = [];
  /** The storage element of the line of a catalogue that was placed last, and all that catalogues have lines of. */
  private last = 0;
  readonly seen = new Set<number>();

  /** `routes`: where the bases come from when no file names them. */
  private constructor(pairs: Pairs, routes: readonly Route[], isKept: (pool: string) => boolean) {
    this.routes = pairs.length > 0 ? [] : routes;
    const rewriting = this.routes.find(({ rewrite }) => rewrite !== undefined);
    if (rewriting !== undefined)
      throw new UsageError(
        `Cannot tell LFNs from the paths of a dump where a route rewrites them, as ${titleOf(rewriting)} does: compare with a catalogue of the paths as they are, and name the bases with --bases`,
      );
    this.isKept = isKept;
    for (const [element, base] of pairs) {
      const at = this.baseOf(base);
      if (this.elements.some((each) => each.name === element && each.base !== at))
        throw new UsageError(`Cannot use the bases: "${element}" has two`);
      this.element(element, at);
    }
    for (const route of this.routes) this.baseOf(pathOf(route.destination));
  }

  /**
   * As they stand in a dump whose first line this is: it shows whether the pool stands before the paths, as `lhcb:` in
   * `lhcb:prod`.
   */
  static ofDump(pairs: Pairs, routes: readonly Route[], firstLine: string): Bases {
    const line = firstLine.replace(/^[\s/"]+/, '');
    return new Bases(pairs, routes, (pool) => line.startsWith(`${pool}:`));
  }

  /** Below which base the path of a line of a dump lies. */
  private readonly belowBase: Placing = {
    prefix: new Uint8Array(0),
    element: (bytes, pathAt, length) => {
      let best = -1;
      let longest = -1;
      for (let at = 0; at < this.bases.length; at++) {
        const base = this.bases[at]?.bytes ?? NOTHING;
        if (base.length > longest && base.length < length && startsWith(bytes, pathAt, base)) {
          best = at;
          longest = base.length;
        }
      }
      if (best !== -1) return best;
      if (this.outside++ === 0)
        this.outsideExample = Buffer.from(bytes.subarray(pathAt, pathAt + length)).toString('latin1');
      return null;
    },
  };

  /** Lines of a dump. */
  readonly inDump: Places = { known: () => this.belowBase, placing: () => this.belowBase };

  /** Lines of a catalogue, by the name of the storage element: its base goes before the LFN. */
  readonly inCatalogue: Places = {
    known: (bytes, from, to) => {
      // Most lines have that of the line before.
      if (!isSame(bytes, from, to, this.names[this.last])) {
        const at = this.names.findIndex((name) => isSame(bytes, from, to, name));
        if (at === -1) return null;
        this.last = at;
      }
      return this.placings[this.last] ?? null;
    },
    placing: (bytes, from, to) => {
      const place =
        this.inCatalogue.known(bytes, from, to) ??
        this.newElement(Buffer.from(bytes.subarray(from, to)).toString('latin1'));
      if (place !== null) this.seen.add(this.last);
      return place;
    },
  };

  /** The index of a storage element of this name, which the campaign gives. */
  named(name: string, base: string): number {
    const known = this.elements.findIndex((each) => each.name === name);
    return known === -1 ? this.element(name, this.baseOf(base)) : known;
  }

  /** The path that a dump has for a base of the routes. */
  shown(path: string): string {
    const [, pool] = /^([^/:]+):/.exec(path) ?? [];
    return pool === undefined || this.isKept(pool) ? path : path.slice(pool.length + 1);
  }

  private newElement(name: string): Placing | null {
    const route = this.byName.has(name) ? undefined : routeFor(lostName(name), this.routes);
    if (route === undefined) {
      this.byName.set(name, null);
      this.unknown.set(name, (this.unknown.get(name) ?? 0) + 1);
      return null;
    }
    this.last = this.element(name, this.baseOf(pathOf(route.destination)));
    return this.placings[this.last] ?? null;
  }

  private element(name: string, base: number): number {
    const known = this.elements.findIndex((each) => each.name === name);
    if (known !== -1) return known;
    const element = this.elements.push({ name, base }) - 1;
    this.byName.set(name, element);
    this.names.push(Buffer.from(name, 'latin1'));
    const path = this.bases[base]?.path ?? '';
    const prefix = Buffer.from(path === '' ? '' : `${path}/`, 'latin1');
    this.placings.push({ prefix, element: () => element });
    return element;
  }

  private baseOf(path: string): number {
    const shown = this.shown(path.replaceAll(/\/+/g, '/').replaceAll(/^\/|\/$/g, ''));
    if (shown.length > LONGEST_BASE) throw new UsageError(`Cannot use the base "${shown}": it is too long`);
    const known = this.bases.findIndex((base) => base.path === shown);
    if (known !== -1) return known;
    return this.bases.push({ path: shown, bytes: Buffer.from(shown === '' ? '' : `${shown}/`, 'latin1') }) - 1;
  }
}

const NOTHING = new Uint8Array(0);

/** The storage elements and bases in a file. Errors: UsageError. */
export function basesIn(file: string): [string, string][] {
  inspectInput(file);
  const text = decodeUtf8(fs.readFileSync(file));
  if (text === null) throw new UsageError(`Cannot read the bases: ${file} is not UTF-8`);
  return readBases(file, text);
}

/** Reads what stands in a file of bases. Errors: UsageError. */
function readBases(file: string, text: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, element, base] = /^([^;,|\s]+)\s*[;,|\s]\s*(\S*)$/.exec(line) ?? [];
    if (element === undefined || base === undefined)
      throw new UsageError(`${file}:${index + 1}: a storage element and its base are needed, like RAL-DST;prod`);
    if (index === 0 && /^(?:se|storage[ _-]?element|name)$/i.test(element)) continue;
    pairs.push([Buffer.from(element).toString('latin1'), Buffer.from(base).toString('latin1')]);
  }
  if (pairs.length === 0) throw new UsageError(`Cannot use the bases in ${file}: it names none`);
  return pairs;
}

/** The path in a URL, as the storage has it, without the slash at its beginning. */
export const pathOf = (url: string): string => storageFile(url).replace(/^\w+:\/\/[^/]*\/*/, '');

function startsWith(bytes: Uint8Array, at: number, start: Uint8Array): boolean {
  for (let index = 0; index < start.length; index++) if (bytes[at + index] !== start[index]) return false;
  return true;
}

function isSame(bytes: Uint8Array, from: number, to: number, other: Uint8Array | undefined): boolean {
  if (other === undefined || other.length !== to - from) return false;
  for (let index = 0; index < other.length; index++) if (bytes[from + index] !== other[index]) return false;
  return true;
}
