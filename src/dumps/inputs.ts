/**
 * inputs: opens a dump or a catalogue, plain, gzipped or from stdin, and hands it on in blocks of whole lines.
 *
 * Whether it is gzipped is told from its first bytes. One that ends within a line, or within its compressed data, was
 * cut off while it was written or copied: what lacks in it would look lost, or dark.
 */
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { hasTilde, NO_TILDE } from '../disk.js';
import { UsageError } from '../errors.js';

const BLOCK = 1024 * 1024;
const NEWLINE = 0x0a;
/** Nothing with a longer line is a list of files. */
const LONGEST_LINE = BLOCK;
const STDIN = '-';

export interface Input {
  readonly file: string;
  /** Bytes as they lie on the disk; null: nobody knows. */
  readonly size: number | null;
  /** When it was last written; null: nobody knows. */
  readonly time: number | null;
  /** What is read in place of the file: it was read before, and may be another by now. */
  readonly content?: Uint8Array;
}

/** Looks at a file that is to be read later. Errors: UsageError. */
export function inspectInput(file: string): Input {
  if (file === STDIN) return { file, size: null, time: null };
  if (hasTilde(file)) throw new UsageError(`Cannot read ${file}: ${NO_TILDE}`);
  try {
    const stat = fs.statSync(file);
    if (stat.isDirectory()) throw new UsageError(`Cannot read ${file}: it is a directory; name the files in it`);
    fs.accessSync(file, fs.constants.R_OK);
    // A pipe has neither.
    return stat.isFile() ? { file, size: stat.size, time: stat.mtimeMs } : { file, size: null, time: null };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`Cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : (code ?? message)}`, {
      cause: error,
    });
  }
}

export interface Block {
  /** Whole lines; of the last block the last one may lack its newline. */
  readonly bytes: Uint8Array;
  /** Bytes of the file that were read for all blocks up to this one. */
  readonly done: number;
}

export class Blocks {
  /** Why its last line cannot be trusted; null: it is whole. Known when all blocks were read. */
  cutOff: string | null = null;
  private readonly input: Input;

  constructor(input: Input) {
    this.input = input;
  }

  /** Errors: UsageError when it cannot be read. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Block> {
    let done = 0;
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of unpacked(this.input, (bytes) => (done += bytes))) {
        const newline = chunk.lastIndexOf(NEWLINE);
        if (newline === -1) {
          rest = Buffer.concat([rest, chunk]);
          if (rest.length > LONGEST_LINE) throw new UsageError(`Cannot read ${this.input.file}: it has no lines`);
          continue;
        }
        // The line that began in the block before; the others stay where they are.
        const first = rest.length === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
        if (first > 0) yield { bytes: Buffer.concat([rest, chunk.subarray(0, first)]), done };
        if (newline >= first) yield { bytes: chunk.subarray(first, newline + 1), done };
        rest = Buffer.from(chunk.subarray(newline + 1));
      }
    } catch (error) {
      this.cutOff = whyCutOff(this.input.file, error);
    }
    if (rest.length === 0) return;
    this.cutOff ??= 'its last line has no end';
    yield { bytes: rest, done };
  }
}

/** Where compressed data end too early, everything before is good. Whatever else: UsageError. */
function whyCutOff(file: string, error: unknown): string {
  if (error instanceof UsageError) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return 'its compressed data end too early';
  throw new UsageError(`Cannot read ${file}: ${code ?? message}`, { cause: error });
}

async function* unpacked({ file, content }: Input, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  const chunks =
    content !== undefined
      ? chunksIn(content)
      : file === STDIN
        ? (process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>)
        : chunksOf(file);
  let first = await chunks.next();
  // A pipe may give less than what is to be looked at.
  while (first.done !== true && first.value.length < 2) {
    const more = await chunks.next();
    if (more.done === true) break;
    first = { value: Buffer.concat([first.value, more.value]) };
  }
  const all = (async function* (): AsyncGenerator<Buffer> {
    for (let next = first; next.done !== true; next = await chunks.next()) {
      count(next.value.length);
      yield next.value;
    }
  })();
  const isPacked = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!isPacked) {
    yield* all;
    return;
  }
  const gunzip = createGunzip({ chunkSize: BLOCK });
  const fed = feed(all, gunzip);
  for await (const chunk of gunzip) yield chunk as Buffer;
  await fed;
}

async function* chunksIn(content: Uint8Array): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += BLOCK) {
    yield Buffer.from(content.subarray(at, at + BLOCK));
    await setImmediate();
  }
}

/** Each is good until the next one. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const handle = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(BLOCK);
    for (let read = 1; read > 0;) {
      read = fs.readSync(handle, buffer, 0, BLOCK, null);
      if (read > 0) yield buffer.subarray(0, read);
      // Now and then others act: signals come through.
      await setImmediate();
    }
  } finally {
    fs.closeSync(handle);
  }
}

async function feed(chunks: AsyncIterable<Buffer>, gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const chunk of chunks)
      // It is read later, when the chunk holds something else.
      if (!gunzip.write(Buffer.from(chunk)))
        await new Promise<void>((resolve) => gunzip.once('drain', resolve).once('close', resolve));
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error as Error);
  }
}
