/**
 * runWithin: runs a program within this process, which costs a tenth of a start.
 *
 * What runs is the shipped program from the reading of its options to its exit status. What a process adds to it (its real
 * output, signals, crashes) is shown of started ones; see runProgram.
 */
import { consumer } from '../../dist/consumer/consumer.js';
import { producer } from '../../dist/producer/producer.js';
import { runIn } from '../../dist/run/frame.js';
import type { ProcessContext } from '../../dist/run/processContext.js';
import { monitorWithFiles } from '../../dist/status/monitorFiles.js';
import { run, type Outcome, type RunOptions } from './runProgram.js';

const WITHIN = ['producer', 'consumer', 'monitor'] as const;
export type Within = (typeof WITHIN)[number];

export const isWithin = (program: string): program is Within => WITHIN.some((name) => name === program);

/** Clock and chance are those of this process unless they are given; of its environment the program sees nothing. */
export async function runWithin(
  program: Within,
  args: readonly string[],
  given: Pick<ProcessContext, 'env'> & Partial<Pick<ProcessContext, 'now' | 'random'>>,
): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const context: ProcessContext = {
    now: () => new Date(),
    random: Math.random,
    ...given,
    stdout: (text) => void (stdout += text),
    stdoutLost: () => null,
    stderr: (text) => void (stderr += text),
    sameSink: () => false,
    onStop: () => {},
  };
  const exit = await started(program, context, args);
  return { exit, signal: null, stdout, stderr };
}

/** Runs a program to which nothing is done from outside: within this process if it can, else as one of its own. */
export function runUnharmed(program: string, options: Pick<RunOptions, 'base' | 'args' | 'env'>): Promise<Outcome> {
  if (!isWithin(program)) return run(program, options);
  return runWithin(program, ['--base', options.base, ...(options.args ?? [])], { env: options.env ?? {} });
}

/** Each program has options of its own type. */
function started(name: Within, context: ProcessContext, args: readonly string[]): Promise<number> {
  switch (name) {
    case 'producer':
      return runIn(context, producer, args);
    case 'consumer':
      return runIn(context, consumer, args);
    case 'monitor':
      return runIn(context, monitorWithFiles, args);
  }
}
