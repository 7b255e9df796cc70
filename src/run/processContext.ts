/**
 * processContext: all that a run takes of the process that it runs in: environment, clock, chance, what is printed,
 * signals.
 *
 * The commands run in those of their own process. Whoever gives a run others can have several in one process, at any
 * hour, and the same draws again.
 */
import fs from 'node:fs';
import type { Trouble } from '../errors.js';
import { outputLost, print, printError } from '../output.js';

export interface ProcessContext {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** At least 0, below 1; draws the server of a list. */
  readonly random: () => number;
  readonly stdout: (text: string) => void;
  /** Why not all of stdout has reached whoever wanted it; null when it has. */
  readonly stdoutLost: () => Trouble | null;
  readonly stderr: (text: string) => void;
  /** How wide the terminal is that stderr leads to; null: it leads to none. */
  readonly terminalColumns: () => number | null;
  /** Whether both lead to the same terminal, pipe or file, so that nothing need be said on both. */
  readonly sameSink: () => boolean;
  /** Calls back when the run is asked to stop, with the name of the signal. */
  readonly onStop: (act: (signal: string) => void) => void;
}

/** Those of this process. A second signal ends it at once, which no run minds. */
export const thisProcess: ProcessContext = {
  env: process.env,
  now: () => new Date(),
  random: Math.random,
  stdout: print,
  stdoutLost: outputLost,
  stderr: printError,
  terminalColumns: () => (process.stderr.isTTY ? process.stderr.columns : null),
  sameSink: () => {
    try {
      const [out, err] = [fs.fstatSync(1), fs.fstatSync(2)];
      return out.dev === err.dev && out.ino === err.ino;
    } catch {
      return false;
    }
  },
  onStop: (act) => {
    let asked = false;
    const onSignal = (signal: string): void => {
      if (asked) process.exit(130);
      asked = true;
      act(signal);
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', onSignal);
  },
};
