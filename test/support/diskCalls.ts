/**
 * diskCalls: makes a point of every synchronous call of node:fs that changes the disk.
 *
 * Wrapped are the functions of the one object that `require('fs')` and `import fs from 'node:fs'` share; named imports
 * follow by syncBuiltinESMExports. Not seen: fs.promises and callbacks (the programs' disk is synchronous), and what
 * native code writes (see commitCalls). Standard input, output and error do not count.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { point } from './point.js';

type Anything = (...args: unknown[]) => unknown;
type Name = keyof typeof fs;

const ON_A_PATH: readonly Name[] = [
  'writeFileSync',
  'appendFileSync',
  'unlinkSync',
  'mkdirSync',
  'mkdtempSync',
  'rmdirSync',
  'rmSync',
  'truncateSync',
  'utimesSync',
  'chmodSync',
  'writeSync',
  'writevSync',
  'fsyncSync',
  'fdatasyncSync',
  'ftruncateSync',
  'futimesSync',
  'fchmodSync',
];
const ON_TWO_PATHS: readonly Name[] = ['renameSync', 'linkSync', 'symlinkSync', 'copyFileSync', 'cpSync'];
const WRITES: ReadonlySet<Name> = new Set(['writeSync', 'writeFileSync', 'appendFileSync'] as const);
const STANDARD_ERROR = 2;

const originals = { ...fs } as unknown as Record<string, Anything>;
const patched = fs as unknown as Record<string, Anything>;
const pathOf = new Map<unknown, string>();

export function countDiskCalls(): void {
  for (const name of ON_A_PATH) wrap(name, (args) => nameOf(args[0]));
  for (const name of ON_TWO_PATHS) wrap(name, (args) => `${nameOf(args[0])} -> ${nameOf(args[1])}`);
  patched['openSync'] = (...args) => {
    const open = () => original('openSync', args);
    const fd = changes(args[1]) ? counted('openSync', nameOf(args[0]), args, open) : open();
    pathOf.set(fd, nameOf(args[0]));
    return fd;
  };
  patched['closeSync'] = (...args) => {
    pathOf.delete(args[0]);
    return original('closeSync', args);
  };
  syncBuiltinESMExports();
}

function wrap(name: Name, describe: (args: unknown[]) => string): void {
  patched[name] = (...args) => {
    const make = () => original(name, args);
    const [target] = args;
    if (typeof target === 'number' && target <= STANDARD_ERROR) return make();
    return counted(name, describe(args), args, make);
  };
}

function counted(name: Name, path: string, args: unknown[], make: () => unknown): unknown {
  const failure = (errno: string) => systemError(errno, name, path);
  const half = WRITES.has(name) ? () => void original(name, halved(args)) : undefined;
  return point({ operation: name, path, make, failure, ...(half && { half }) });
}

function original(name: Name, args: unknown[]): unknown {
  return originals[name]?.apply(fs, args);
}

/** The arguments of a write with the first half of its data; an offset and a length are worked in. */
function halved(args: unknown[]): unknown[] {
  const [target, data, ...rest] = args;
  if (typeof data === 'string') return [target, data.slice(0, data.length / 2), ...rest];
  const bytes = data as Uint8Array;
  if (typeof rest[0] !== 'number') return [target, bytes.subarray(0, bytes.length / 2), ...rest];
  const [offset, length = bytes.length - offset] = rest as [number, number?];
  return [target, bytes.subarray(offset, offset + length / 2)];
}

/** Whether opening with these flags can change the disk. */
function changes(flags: unknown): boolean {
  if (typeof flags !== 'number') return !['r', 'rs', 'sr'].includes((flags as string | undefined) ?? 'r');
  const { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC } = fs.constants;
  return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) !== 0;
}

function nameOf(target: unknown): string {
  return typeof target === 'number' ? (pathOf.get(target) ?? `fd ${target}`) : String(target);
}

/** An error as Node makes it: "ENOSPC: no space left on device, renameSync 'a -> b'". */
function systemError(code: string, name: Name, path: string): Error {
  const errno = -((os.constants.errno as Record<string, number>)[code] ?? 0);
  const meaning = getSystemErrorMap().get(errno)?.[1] ?? 'error';
  const syscall = name.replace(/Sync$/, '');
  return Object.assign(new Error(`${code}: ${meaning}, ${syscall} '${path}'`), { code, errno, syscall, path });
}
