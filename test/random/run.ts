/** run: runs the shipped programs as processes of their own, which are really killed. */
import { run } from '../support/runProgram.js';
import type { Ended, ProgramName, Stage, Start } from '../campaigns/stage.js';
import type { World } from '../campaigns/world.js';
import { plans } from './plan.js';

export const asProcesses: Stage = {
  plans,
  clock: Date.now,
  timeoutSeconds: 2,
  start: (world, program, start) => ({
    ended: lived(world, program, start),
    frozen: new Promise(() => {}),
    thaw: () => {},
  }),
};

async function lived({ base }: World, program: ProgramName, { args, env, death }: Start): Promise<Ended> {
  const dies = Object.keys(death).length > 0;
  const { exit, signal, stdout, stderr } = await run(program, {
    base,
    args,
    env,
    ...(dies ? { crash: crash(death) } : {}),
  });
  if (exit === null && !(dies && signal === 'SIGKILL'))
    throw new Error(`${program} ended with ${signal}:\n${stdout}${stderr}`);
  return { exit, stdout, stderr };
}

/** Of a process all calls count alike. */
function crash({ of, ...point }: Start['death']): Omit<Start['death'], 'of'> {
  if (of !== undefined) throw new Error(`a process cannot be killed at a ${of}`);
  return point;
}
