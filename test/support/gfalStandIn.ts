/**
 * gfalStandIn: speaks the words of gfal-stat, gfal-sum and gfal-rm (as those of gfal2-util 1.8 were seen) about files below
 * STORAGE_ROOT: `root://host//a/b` is `STORAGE_ROOT/host/a/b`. It is run in their place, so that tests of them run everywhere.
 *
 * What stands in a path says how the storage behaves: `denied` refuses, `broken` fails, `hangs` never answers, `sumless` knows no checksums.
 * Of what is to be deleted: `locked` is refused, `stuck` fails, and at `slow` it never goes on.
 */
import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [command = '', ...args] = process.argv.slice(2);
const { STORAGE_ROOT: root = '', STORAGE_LOG: log } = process.env;

class Refused extends Error {
  readonly errno: number;

  constructor(errno: number, text: string) {
    super(`${errno} (${text}) - the storage said so`);
    this.errno = errno;
  }
}

function fileOf(url: string): string {
  if (/\bdenied/.test(url)) throw new Refused(13, 'Permission denied');
  if (/\bbroken/.test(url)) throw new Refused(5, 'Input/output error');
  const [, host = '', path = ''] = /^\w+:\/\/([^/]*)(?:.*\?SFN=)?\/+([^?]*)/.exec(url) ?? [];
  return join(root, host, path);
}

function sizeOf(url: string): { size: number; modified: Date; isDirectory: boolean } {
  const found = statSync(fileOf(url), { throwIfNoEntry: false });
  if (found === undefined) throw new Refused(2, 'No such file or directory');
  return { size: found.size, modified: found.mtime, isDirectory: found.isDirectory() };
}

/** https://www.rfc-editor.org/rfc/rfc1950, section 9 */
function adler32(bytes: Uint8Array): string {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return (b * 65_536 + a).toString(16).padStart(8, '0');
}

function stat([url = '']: readonly string[]): void {
  const { size, modified, isDirectory } = sizeOf(url);
  const kind = isDirectory ? 'directory' : 'regular file';
  process.stdout.write(`  File: '${url}'\n  Size: ${size}\t${kind}\nAccess: (0644/-rw-r--r--)\tUid: 0\tGid: 0\t\n`);
  process.stdout.write(`Modify: ${modified.toISOString().replace('T', ' ').replace('Z', '000')}\n`);
}

function sum([url = '', algorithm = '']: readonly string[]): void {
  const { isDirectory } = sizeOf(url);
  if (isDirectory) throw new Refused(21, 'Is a directory');
  if (/\bsumless/.test(url) || algorithm.toUpperCase() !== 'ADLER32') throw new Refused(38, 'Function not implemented');
  process.stdout.write(`${url} ${adler32(readFileSync(fileOf(url)))}\n`);
}

/** The first refusal ends it, and the others are not tried. */
function remove(urls: readonly string[]): void {
  for (const url of urls)
    try {
      if (sizeOf(url).isDirectory) throw new Refused(21, 'Is a directory');
      if (/\blocked/.test(url)) throw new Refused(13, 'Permission denied');
      if (/\bstuck/.test(url)) throw new Refused(5, 'Input/output error');
      if (/\bslow/.test(url)) return void setTimeout(() => undefined, 60_000);
      rmSync(fileOf(url));
      process.stdout.write(`${url}\tDELETED\n`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.errno !== 2) {
        if (error.errno !== 21) process.stdout.write(`${url}\tFAILED\n`);
        throw error;
      }
      process.stdout.write(`${url}\tMISSING\n`);
      process.exitCode = 2;
    }
}

if (log !== undefined) appendFileSync(log, `${[command, ...args].join(' ')}\n`);
if (args.some((arg) => /\bhangs/.test(arg))) setTimeout(() => undefined, 60_000);
else
  try {
    const rest = args[0] === '-t' ? args.slice(2) : args;
    if (command === 'gfal-stat') stat(rest);
    else if (command === 'gfal-sum') sum(rest);
    else remove(rest);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    process.stderr.write(`${command} error: ${error.message}\n`);
    process.exitCode = error.errno;
  }
