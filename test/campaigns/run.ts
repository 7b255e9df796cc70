/** run: runs the shipped programs within this process, several at once if need be. */
import { runIn } from '../../dist/edge/program.js';
import type { Surroundings } from '../../dist/edge/surroundings.js';
import { consumer } from '../../dist/programs/consumer.js';
import { monitor } from '../../dist/programs/monitor.js';
import { producer } from '../../dist/programs/producer.js';
import { lives, type Life } from '../support/life.js';
import { watchDoors } from './doors.js';

watchDoors();

export type ProgramName = 'producer' | 'consumer' | 'monitor';

export interface Ended {
  /** Null: it was killed. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, or to that of its life. */
export async function runHere(
  name: ProgramName,
  args: readonly string[],
  { env, now, random }: Pick<Surroundings, 'env' | 'now' | 'random'>,
  life: Life,
): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const around: Surroundings = {
    env,
    now,
    random,
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    sameSink: () => false,
    onStop: () => {},
  };
  const exit = await lives.run(life, () => started(name, around, args));
  return { exit: life.dead ? null : exit, stdout, stderr };
}

/** Each program has options of its own type. */
function started(name: ProgramName, around: Surroundings, args: readonly string[]): Promise<number> {
  switch (name) {
    case 'producer':
      return runIn(around, producer, args);
    case 'consumer':
      return runIn(around, consumer, args);
    case 'monitor':
      return runIn(around, monitor, args);
  }
}
