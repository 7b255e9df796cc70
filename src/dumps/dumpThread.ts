/**
 * dumpThread: reads a large dump in a thread of its own, while the catalogue is read.
 *
 * The thread keeps its records in a spill that was opened for it, and sends where they lie. Its troubles are those of
 * the run.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { SpoolError, Trouble, UsageError } from '../errors.js';
import { Bases, type Pairs } from './bases.js';
import type { Input } from './inputs.js';
import { DUMP_LINES, type LayoutOptions } from './layout.js';
import { LineReader, type Found } from './lines.js';
import { Directories } from './directories.js';
import type { Store } from './partition.js';
import { Records, type Stored } from './records.js';
import { Source } from './source.js';
import { Spill } from '../spill.js';
import type { Route } from '../settings/route.js';
import { DUMP } from './verdict.js';

export interface DumpOrder {
  readonly inputs: readonly Input[];
  readonly layout: LayoutOptions;
  readonly pairs: Pairs;
  readonly routes: readonly Route[];
  /** The first line of the first one tells whether pools stand before its paths. */
  readonly firstLine: string;
}

/** What was read of one file. */
export interface ReadFile {
  readonly input: Input;
  readonly found: Found;
  readonly cutOff: string | null;
}

export interface ReadDump {
  readonly read: readonly ReadFile[];
  readonly outside: number;
  readonly outsideExample: string;
}

/** Reads the files; `pause` is called after each block. */
export async function readDump(
  order: DumpOrder,
  records: Records,
  bases: Bases,
  pause: (input: Input, lines: number, bytes: number) => void,
): Promise<ReadDump> {
  const read: ReadFile[] = [];
  for (const input of order.inputs) {
    const source = await Source.open(input, DUMP_LINES, order.layout);
    try {
      const reader = new LineReader(records, DUMP, source.layout, bases.inDump);
      await source.read(reader, (bytes) => pause(input, reader.found.lines, bytes));
      read.push({ input, found: reader.found, cutOff: source.whyCutOff() });
    } finally {
      await source.close();
    }
  }
  return { read, outside: bases.outside, outsideExample: bases.outsideExample };
}

interface Sent {
  readonly stored: Stored;
  readonly dump: ReadDump;
}

type Message =
  | { readonly kind: 'lines'; readonly lines: number }
  | { readonly kind: 'done'; readonly sent: Sent }
  | { readonly kind: 'trouble'; readonly isUsage: boolean; readonly message: string };

export class DumpThread {
  /** So many lines have been read. */
  lines = 0;
  readonly ended: Promise<{ readonly store: Store; readonly dump: ReadDump }>;
  private readonly worker: Worker;

  constructor(order: DumpOrder, directory: string, spill: Spill) {
    const data = { order, directory, handle: spill.made() };
    this.worker = new Worker(__filename, { workerData: data });
    this.ended = new Promise((resolve, reject) => {
      this.worker.on('message', (message: Message) => {
        if (message.kind === 'lines') this.lines = message.lines;
        else if (message.kind === 'trouble')
          reject(message.isUsage ? new UsageError(message.message) : new SpoolError(message.message));
        else resolve({ store: storeOf(message.sent, spill), dump: message.sent.dump });
      });
      this.worker.once('error', reject);
    });
    // Whoever waits for it hears of its trouble; until then it waits.
    this.ended.catch(() => {});
  }

  close(): Promise<number> {
    return this.worker.terminate();
  }
}

const storeOf = ({ stored }: Sent, spill: Spill): Store => ({
  stored: { ...stored, directories: Directories.from(stored.directories) },
  spill,
});

/** So often it says how far it is. */
const PAUSE_MS = 200;

async function inThread(data: { order: DumpOrder; directory: string; handle: number }): Promise<void> {
  const send = (message: Message): void => parentPort?.postMessage(message, []);
  const { order } = data;
  const records = new Records(new Spill(data.directory, data.handle));
  const bases = Bases.ofDump(order.pairs, order.routes, order.firstLine);
  let said = 0;
  let before = 0;
  let last = 0;
  let lastInput: Input | null = null;
  try {
    const dump = await readDump(order, records, bases, (input, lines) => {
      if (input !== lastInput) before += last;
      [lastInput, last] = [input, lines];
      if (performance.now() - said < PAUSE_MS) return;
      said = performance.now();
      send({ kind: 'lines', lines: before + lines });
    });
    send({ kind: 'done', sent: { stored: records.stored(), dump } });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    send({ kind: 'trouble', isUsage: error instanceof UsageError, message: error.message });
  }
}

if (parentPort !== null && workerData !== null) void inThread(workerData as Parameters<typeof inThread>[0]);
