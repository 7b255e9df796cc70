/**
 * runWithin: runs a program within this process, which costs a tenth of a start.
 *
 * For what a test begins with, and for whoever plays thousands of runs: what a test shows of a program it shows of the shipped
 * one, started as cron starts it; see runProgram. The monitor has no --report and no --metrics here, which its command adds.
 */
import { consumer } from '../../dist/consumer/consumer.js';
import { monitor } from '../../dist/monitor/monitor.js';
import { producer } from '../../dist/producer/producer.js';
import { runIn } from '../../dist/run/frame.js';
import type { ProcessContext } from '../../dist/run/processContext.js';
import type { Outcome } from './runProgram.js';

export type Within = 'producer' | 'consumer' | 'monitor';

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

/** Each program has options of its own type. */
function started(name: Within, context: ProcessContext, args: readonly string[]): Promise<number> {
  switch (name) {
    case 'producer':
      return runIn(context, producer, args);
    case 'consumer':
      return runIn(context, consumer, args);
    case 'monitor':
      return runIn(context, monitor, args);
  }
}
