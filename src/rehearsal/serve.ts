/**
 * serve: a rehearsal server from the command line.
 *
 * Prints one line when it listens, and runs until SIGINT or SIGTERM. Its options and exit statuses: USAGE.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import type { RehearsalOptions } from './server/options.js';
import { outputLost, print, printError } from '../output.js';
import { FTS_VERSIONS, type FtsVersion } from './server/protocol/versions.js';
import { startRehearsalServer } from './server/server.js';

const USAGE = `Usage: node dist/rehearsal/serve.js [options]

A server that speaks FTS3's REST API and copies nothing. It prints one line when
it listens, "RAL listens on http://127.0.0.1:PORT", and runs until SIGINT or
SIGTERM.

Options:
  --name <name>         what it is called (default: RAL)
  --host <address>      where it listens (default: 127.0.0.1)
  --port <n>            likewise; 0: a free one (default: 0)
  --vo <vo>             the VO of whoever asks (default: lhcb)
  --seed <n>            the same seed gives the same job ids
  --time-scale <n>      copies go so many times faster (default: 1)
  --keep-days <n>       how long it keeps jobs that have ended (default: 7)
  --fts-version <v>     ${FTS_VERSIONS.join(', ')} (default: 3.13)
  --check-duplicates    refuse a destination that another job is writing to
  --need-delegation     take jobs only from who has delegated a credential
  --key <file>          with --cert and --ca: speak https
  --cert <file>
  --ca <file>
  --help                show this

EXIT STATUS
  0    it was ended by a signal, or has shown this
  1    it cannot listen
  2    wrong option
  4    it cannot say that it listens
`;

const OPTIONS = {
  help: { type: 'boolean', default: false },
  name: { type: 'string', default: 'RAL' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '0' },
  vo: { type: 'string', default: 'lhcb' },
  seed: { type: 'string' },
  'time-scale': { type: 'string', default: '1' },
  'keep-days': { type: 'string', default: '7' },
  'fts-version': { type: 'string', default: '3.13' },
  'check-duplicates': { type: 'boolean', default: false },
  'need-delegation': { type: 'boolean' },
  key: { type: 'string' },
  cert: { type: 'string' },
  ca: { type: 'string' },
} as const;

/** Null: help is wanted. */
function readOptions(args: string[]): RehearsalOptions | null {
  const { values } = parseArgs({ args, options: OPTIONS, strict: true });
  if (values.help) return null;
  const { key, cert, ca, seed, name, host, vo } = values;
  const given = [key, cert, ca].filter((file) => file !== undefined).length;
  if (given !== 0 && given !== 3) throw new Error('Cannot speak https: --key, --cert and --ca belong together');
  const read = (file: string | undefined): string => readFileSync(file ?? '', 'utf8');
  return {
    name,
    host,
    vo,
    port: port(values.port),
    timeScale: number('time-scale', values['time-scale']),
    keepDays: number('keep-days', values['keep-days']),
    version: ftsVersion(values['fts-version']),
    checkDuplicates: values['check-duplicates'],
    ...(values['need-delegation'] === undefined ? {} : { needDelegation: values['need-delegation'] }),
    ...(seed === undefined ? {} : { seed: number('seed', seed) }),
    ...(given === 3 ? { tls: { key: read(key), cert: read(cert), ca: read(ca) } } : {}),
  };
}

function ftsVersion(text: string): FtsVersion {
  const version = FTS_VERSIONS.find((known) => known === text);
  if (version === undefined) throw new Error(`--fts-version: "${text}" is none of ${FTS_VERSIONS.join(', ')}`);
  return version;
}

function number(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new Error(`--${option}: "${text}" is no number`);
  return value;
}

function port(text: string): number {
  const value = number('port', text);
  if (!Number.isInteger(value) || value > 65_535) throw new Error(`--port: "${text}" is no port, 0 to 65535`);
  return value;
}

function fail(error: unknown, exit: number): never {
  printError(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exit);
}

async function serve(): Promise<void> {
  let options: RehearsalOptions | null;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    fail(error, 2);
  }
  if (options === null) {
    print(USAGE);
    const lost = outputLost();
    if (lost !== null) fail(lost, lost.exit);
    process.exit();
  }
  const server = await startRehearsalServer(options).catch((error: unknown) => fail(error, 1));
  print(`${server.name} listens on ${server.url}\n`);
  const lost = outputLost();
  // Nobody knows where it listens.
  if (lost !== null) fail(lost, lost.exit);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.stop());
}

void serve();
