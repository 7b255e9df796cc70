/** run: runs the shipped programs within this process, several at once if need be. */
import type { ProcessContext } from '../../dist/run/processContext.js';
import { lives, type Life } from '../support/life.js';
import { runWithin } from '../support/runWithin.js';
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
  around: Pick<ProcessContext, 'env' | 'now' | 'random'>,
): Promise<Ended> {
  const { exit, stdout, stderr } = await lives.run(life, () => runWithin(program, args, around));
  return { exit: life.dead ? null : exit, stdout, stderr };
}
