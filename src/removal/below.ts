/**
 * below: the URL below which files may be deleted, and whether a path behind it names one file below it, and no other.
 *
 * Storages read a URL in different ways: `..`, `//`, `%2e`, `?` and `#` mean something to some of them. What is not the
 * same however it is read is not deleted. Pure.
 */
import { UsageError } from '../errors.js';
import { storageFile } from '../lists/storageFile.js';
import { hasUnsafe } from '../text/escape.js';

export class Below {
  /** Ends with a slash. */
  readonly url: string;
  private readonly file: string;

  /** Errors: UsageError when it is not the URL of a directory, written plainly. */
  constructor(url: string) {
    this.url = url;
    const why = whyNoDirectory(url);
    if (why !== null) throw new UsageError(`Cannot delete below --under ${url}: it ${why}`);
    this.file = storageFile(url).replace(/\/$/, '');
  }

  /** Does its path end with this base, as a dump has it? */
  isOf(base: string): boolean {
    return base === '' || endsAt(this.file.replace(/^\w+:\/\/[^/]*/, ''), base);
  }

  /** What is wrong with the path behind it, as a phrase to follow "it"; null: it names one file below it. */
  whyNot(path: string): string | null {
    if (hasUnsafe(path)) return 'has a control or invisible character';
    const parts = path.split('/');
    if (parts.includes('')) return 'has // in it, or a slash at an end';
    if (parts.some((part) => part === '.' || part === '..')) return 'has . or .. in it';
    if (/[%?#\\]/.test(path)) return 'has %, ?, # or \\ in it, which storages read in different ways';
    return storageFile(this.url + path) === `${this.file}/${path}` ? null : 'is another path when it stands in a URL';
  }
}

/** `srm://host:8443/srm/managerv2?SFN=/castor/prod/` has its path behind the question mark. */
const DIRECTORY = /^([a-z][a-z0-9+]*):\/\/([A-Za-z0-9.:[\]-]*)(\/[^?]*?)(\?SFN=\/[^?]*)?$/;

function whyNoDirectory(url: string): string | null {
  const [, scheme, host = '', service = '', sfn] = DIRECTORY.exec(url) ?? [];
  if (scheme === undefined || (host === '') !== (scheme === 'file') || (sfn !== undefined && scheme !== 'srm'))
    return 'is not a URL like gsiftp://gridftp.example.org/lhcb:prod/';
  if (!url.endsWith('/')) return 'does not end with a slash';
  if (hasUnsafe(url) || /[ %#&\\]/.test(url)) return 'has a character that storages read in different ways';
  const path = sfn?.slice('?SFN='.length) ?? service;
  const parts = path.replace(/^\/+/, '').replace(/\/$/, '').split('/');
  // XRootD's paths begin with two slashes; anywhere else an empty part is a slip.
  const isPlain = parts.every((part) => part !== '.' && part !== '..' && (part !== '' || parts.length === 1));
  return isPlain ? null : 'has //, . or .. in its path';
}

/** Is `tail` the whole path, or the end of it, behind a slash or the colon of a pool? */
export function endsAt(path: string, tail: string): boolean {
  if (!path.endsWith(tail)) return false;
  const before = path[path.length - tail.length - 1];
  return before === undefined || before === '/' || before === ':';
}
