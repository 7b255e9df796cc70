/**
 * runWithin: runs a program within this process, which costs a tenth of a start.
 *
 * What runs is the shipped program from the reading of its options to its exit status. What a process adds to it (its
 * real output, signals, crashes) is shown of started ones; see runProgram.
 */
import { runIn } from '../../dist/run/frame.js';
import type { ProcessContext } from '../../dist/run/processContext.js';
import { run, type Outcome, type RunOptions } from './runProgram.js';

type Start = (context: ProcessContext, args: readonly string[]) => Promise<number>;

/** By the names of their commands; each is loaded when it is first run. */
const PROGRAMS = {
  producer: async (context, args) => runIn(context, (await import('../../dist/producer/producer.js')).producer, args),
  consumer: async (context, args) => runIn(context, (await import('../../dist/consumer/program.js')).consumer, args),
  monitor: async (context, args) =>
    runIn(context, (await import('../../dist/status/monitorFiles.js')).monitorWithFiles, args),
  status: async (context, args) => runIn(context, (await import('../../dist/status/status.js')).program, args),
  'misc/audit': async (context, args) => runIn(context, (await import('../../dist/audit/program.js')).program, args),
  'misc/cancel': async (context, args) => runIn(context, (await import('../../dist/operator/cancel.js')).program, args),
  'misc/checkSources': async (context, args) =>
    runIn(context, (await import('../../dist/operator/checkSources.js')).program, args),
  'misc/compareDumps': async (context, args) =>
    runIn(context, (await import('../../dist/dumps/program.js')).program, args),
  'misc/checkDestinations': async (context, args) =>
    runIn(context, (await import('../../dist/operator/checkDestinations.js')).program, args),
  'misc/explain': async (context, args) =>
    runIn(context, (await import('../../dist/explain/explain.js')).program, args),
  'misc/manifest': async (context, args) =>
    runIn(context, (await import('../../dist/manifest/program.js')).program, args),
  'misc/moveServer': async (context, args) =>
    runIn(context, (await import('../../dist/operator/moveServer.js')).program, args),
  'misc/removeDark': async (context, args) =>
    runIn(context, (await import('../../dist/removal/program.js')).program, args),
  'misc/repair': async (context, args) => runIn(context, (await import('../../dist/repair/repair.js')).program, args),
  'misc/report': async (context, args) => runIn(context, (await import('../../dist/status/page.js')).program, args),
  'misc/requeue': async (context, args) =>
    runIn(context, (await import('../../dist/operator/requeue.js')).program, args),
  'misc/takeOver': async (context, args) =>
    runIn(context, (await import('../../dist/takeOver/takeOver.js')).program, args),
} as const satisfies Record<string, Start>;
export type Within = keyof typeof PROGRAMS;

export const isWithin = (program: string): program is Within => Object.hasOwn(PROGRAMS, program);

/** Clock and chance are those of this process unless they are given; of its environment the program sees nothing. */
export async function runWithin(
  program: Within,
  args: readonly string[],
  given: Pick<ProcessContext, 'env'> & Partial<Pick<ProcessContext, 'now' | 'random' | 'terminalColumns' | 'onStop'>>,
): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const context: ProcessContext = {
    now: () => new Date(),
    random: Math.random,
    terminalColumns: () => null,
    onStop: () => {},
    ...given,
    stdout: (text) => void (stdout += text),
    stdoutLost: () => null,
    stderr: (text) => void (stderr += text),
    sameSink: () => false,
  };
  const exit = await PROGRAMS[program](context, args);
  return { exit, signal: null, stdout, stderr };
}

/** Runs a program to which nothing is done from outside: within this process if it can, else as one of its own. */
export function runUnharmed(program: string, options: Pick<RunOptions, 'base' | 'args' | 'env'>): Promise<Outcome> {
  if (!isWithin(program)) return run(program, options);
  return runWithin(program, ['--base', options.base, ...(options.args ?? [])], { env: options.env ?? {} });
}
