/**
 * log: what a run did, for machines in castor2echo.log and for people on stderr.
 *
 * The file holds one JSON object a line (pino): time, level, program, pid, lease number, message and fields; every
 * level, whatever the options. On stderr warnings and errors are plain single lines, and `verbose` adds the rest.
 *
 * Nothing here throws: a log that cannot be opened or written is said once on stderr, and the run goes on without.
 */
import type * as Pino from 'pino';
import { escapeJson, escapeText } from '../text/escape.js';
import { hideSecrets } from '../text/hideSecrets.js';
import { printError } from '../output.js';
import { openLogFile, type LogFile } from './logFile.js';

export interface Log {
  /** `fields` go into the file only; an Error belongs under `err`. */
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** What is said within goes into the file by one write, when it is over. */
  atOnce(say: () => void): void;
  close(): void;
}

export interface LogOptions {
  /** The base directory of the campaign; null writes no file (dry run). */
  readonly base: string | null;
  readonly program: string;
  /** The number of the lease under which the file is opened. */
  readonly lease?: number;
  readonly verbose: boolean;
  /** Where lines for people go, without their newline; by default the process's stderr. */
  readonly stderr?: (line: string) => void;
}

type Level = 'info' | 'warn' | 'error';

export function openLog(options: LogOptions): Log {
  const print = options.stderr ?? ((line: string) => printError(`${line}\n`));
  const file = options.base === null ? null : openLogFile(options.base, (message) => print(escapeText(message)));
  const record = file === null ? null : recorder(file, options);
  const at =
    (level: Level) =>
    (message: string, fields: object = {}): void => {
      record?.(level, message, fields);
      if (level !== 'info' || options.verbose) print(escapeText(message));
    };

  return {
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    atOnce: (say) => (file === null ? say() : file.atOnce(say)),
    close: () => file?.close(),
  };
}

/** Pino on a destination of our own, which is synchronous and does not throw. It is loaded only where there is a file. */
function recorder(file: LogFile, options: LogOptions): (level: Level, message: string, fields: object) => void {
  const { pino } = require('pino') as typeof Pino;
  const lease = options.lease === undefined ? {} : { lease: options.lease };
  const logger = pino(
    {
      base: { program: options.program, pid: process.pid, ...lease },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => file.write(`${hideSecrets(escapeJson(line.trimEnd()))}\n`) },
  );
  return (level, message, fields) => {
    try {
      logger[level](fields, message);
    } catch {
      // Fields that cannot be written as JSON: the message is what matters.
      logger[level](message);
    }
  };
}
