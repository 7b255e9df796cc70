/**
 * source: a file that was opened and recognised, to be read line by line.
 */
import { UsageError } from '../errors.js';
import { Blocks, type Block, type Input } from './inputs.js';
import { recognise, type Kind, type Layout, type LayoutOptions } from './layout.js';
import type { LineReader } from './lines.js';

/** So much of the beginning tells how the lines are to be read. */
const SAMPLE = 64 * 1024;
const PLAIN: Layout = { separator: 0, columns: [0], header: 0 };

export class Source {
  readonly input: Input;
  readonly layout: Layout;
  /** The first line that is data; "" when there is none. */
  readonly firstLine: string;
  private readonly blocks: Blocks;
  private readonly begun: readonly Block[];
  private readonly rest: AsyncIterator<Block>;

  private constructor(
    input: Input,
    blocks: Blocks,
    begun: readonly Block[],
    rest: AsyncIterator<Block>,
    [layout, firstLine]: [Layout, string],
  ) {
    this.input = input;
    this.blocks = blocks;
    this.begun = begun;
    this.rest = rest;
    this.layout = layout;
    this.firstLine = firstLine;
  }

  /** Errors: UsageError when it cannot be read, or nobody can tell how. */
  static async open(input: Input, kind: Kind, options: LayoutOptions): Promise<Source> {
    const blocks = new Blocks(input);
    const rest = blocks[Symbol.asyncIterator]();
    const begun: Block[] = [];
    let sample = '';
    for (;;) {
      const next = await rest.next();
      if (next.done !== true) {
        // A block is good until the next one.
        begun.push({ ...next.value, bytes: new Uint8Array(next.value.bytes) });
        sample += Buffer.from(next.value.bytes.subarray(0, SAMPLE)).toString('latin1');
      }
      const lines = sample.replace(/^\u00ef\u00bb\u00bf/, '').split(/\r*\n/);
      const layout = recognise(lines, kind, options);
      const isAll = next.done === true || sample.length >= SAMPLE;
      if (layout !== null) return new Source(input, blocks, begun, rest, [layout, firstOf(lines.slice(layout.header))]);
      if (isAll && firstOf(lines) === '') return new Source(input, blocks, begun, rest, [PLAIN, '']);
      if (isAll) throw new UsageError(whyUnknown(input.file, kind, firstOf(lines)));
    }
  }

  /** Hands everything to the reader; `pause` is called after each block with the bytes of the file that were read. */
  async read(reader: LineReader, pause: (bytes: number) => void): Promise<void> {
    const take = ({ bytes, done }: Block): void => {
      reader.read(bytes);
      pause(done);
    };
    for (const block of this.begun) take(block);
    for (let next = await this.rest.next(); next.done !== true; next = await this.rest.next()) take(next.value);
  }

  /** Known when it was read. */
  whyCutOff(): string | null {
    return this.blocks.cutOff;
  }

  /** It is not to be read on. */
  async close(): Promise<void> {
    await this.rest.return?.();
  }
}

const firstOf = (lines: readonly string[]): string => lines.find((line) => line !== '' && !line.startsWith('#')) ?? '';

function whyUnknown(file: string, { name, columns, option }: Kind, line: string): string {
  const shown = line.length > 100 ? `${line.slice(0, 100)}…` : line;
  return `Cannot tell how the lines of ${name} ${file} are to be read: ${columns.join(', ')} are looked for, the first line is "${shown}"; say it with --separator and ${option}`;
}
