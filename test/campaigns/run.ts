/** run: runs the shipped programs within this process, several at once if need be. */
import { runIn } from '../../dist/run/frame.js';
import type { ProcessContext } from '../../dist/run/processContext.js';
import { consumer } from '../../dist/consumer/consumer.js';
import { monitor } from '../../dist/monitor/monitor.js';
import { producer } from '../../dist/producer/producer.js';
import { lives, type Life } from '../support/life.js';
import { Inhabitant, watchDoors } from './doors.js';
import { anything } from './happenings.js';
import type { Ended, ProgramName, Stage } from './stage.js';

watchDoors();

const BEGINNING = Date.UTC(2026, 2, 1);

export const inThisProcess: Stage = {
  plans: anything,
  clock: () => BEGINNING,
  timeoutSeconds: 1,
  start: (world, program, { args, env, death, freezesAt }) => {
    const life = new Inhabitant(world, death, freezesAt);
    const ended = lived(life, program, args, { env, now: world.now, random: world.random });
    return { ended, frozen: life.frozen, thaw: () => life.thaw() };
  },
};

/** Runs a program to its end, or to that of its life. */
async function lived(
  life: Life,
  program: ProgramName,
  args: readonly string[],
  { env, now, random }: Pick<ProcessContext, 'env' | 'now' | 'random'>,
): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const around: ProcessContext = {
    env,
    now,
    random,
    stdout: (text) => void (stdout += text),
    stdoutLost: () => null,
    stderr: (text) => void (stderr += text),
    sameSink: () => false,
    onStop: () => {},
  };
  const exit = await lives.run(life, () => started(program, around, args));
  return { exit: life.dead ? null : exit, stdout, stderr };
}

/** Each program has options of its own type. */
function started(name: ProgramName, around: ProcessContext, args: readonly string[]): Promise<number> {
  switch (name) {
    case 'producer':
      return runIn(around, producer, args);
    case 'consumer':
      return runIn(around, consumer, args);
    case 'monitor':
      return runIn(around, monitor, args);
  }
}
