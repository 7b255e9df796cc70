/**
 * storages: real files behind the URLs of a test's storages, and commands in the place of gfal2's that speak about
 * them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { temporaryDirectory } from './temporaryDirectory.js';

const STAND_IN = fileURLToPath(new URL('../../test/support/gfalStandIn.sh', import.meta.url));
const SYSTEM = '/usr/bin:/bin';

export class Storages {
  /** For whatever is to ask them. */
  readonly env: Readonly<Record<string, string>>;
  private readonly root = temporaryDirectory();
  private readonly log = join(this.root, 'log');

  constructor() {
    const bin = temporaryDirectory();
    for (const command of ['gfal-stat', 'gfal-sum', 'gfal-rm']) symlinkSync(STAND_IN, join(bin, command));
    this.env = { PATH: `${bin}:${SYSTEM}`, STORAGE_ROOT: this.root, STORAGE_LOG: this.log };
  }

  /** `modified`: when it was last written, as the storage says; by default now. */
  put(url: string, content: string, modified = new Date()): void {
    mkdirSync(dirname(this.path(url)), { recursive: true });
    writeFileSync(this.path(url), content);
    utimesSync(this.path(url), modified, modified);
  }

  has(url: string): boolean {
    return existsSync(this.path(url));
  }

  /** What was asked of them so far, a command a line. */
  asked(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').slice(0, -1) : [];
  }

  private path(url: string): string {
    const [, host = '', path = ''] = /^\w+:\/\/([^/]*)(?:.*\?SFN=)?\/+([^?]*)/.exec(url) ?? [];
    return join(this.root, host, path);
  }
}

/** Debian's gfal2 with its plugin for these URLs; null where it is not installed. */
export function realGfal(scheme: 'mock' | 'file' = 'mock'): Readonly<Record<string, string>> | null {
  const env = { PATH: SYSTEM };
  const url = scheme === 'mock' ? 'mock://host.example.org/a?size=7' : 'file:///';
  return spawnSync('gfal-stat', [url], { env }).status === 0 ? env : null;
}
