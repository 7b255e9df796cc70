/**
 * beginnings: campaigns brought to where a scenario begins, by the programs themselves or by a person's hand.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { keep, newScene, runWell, SOURCE, transferLine, type Scene, type Traits } from './scene.js';
import { recorded } from './trial.js';

/** A list of these LFNs in TODO, or in DOING with its job final. */
export async function listIn(
  place: 'TODO' | 'DOING',
  lfns: readonly string[],
  traits: Partial<Traits> = {},
): Promise<Scene> {
  const scene = await newScene(lfns, traits);
  await runWell('producer', scene);
  if (place === 'DOING') await runWell('consumer', scene);
  return scene;
}

/** Lists that a person wrote into TODO, one for each row of LFNs; see `nameByHand`. */
export async function listsByHand(rows: readonly (readonly string[])[]): Promise<Scene> {
  const scene = await newScene([], { oneServer: true });
  await runWell('producer', scene);
  for (const [index, lfns] of rows.entries()) {
    const text = lfns.map((lfn) => `${transferLine(lfn)}\n`).join('');
    writeFileSync(join(scene.base, 'TODO', nameByHand(index)), text);
    scene.byHand.push(...lfns.map((lfn) => SOURCE + lfn));
  }
  return scene;
}

/** The name of the list of a row, counted from 0. */
export const nameByHand = (row: number): string => `FTSList-20180412-10111${row}-0001.txt`;

/** Kills the consumer before its POST has left, or when FTS has the job and nobody has read the answer. */
export async function killedBefore(what: 'request' | 'answer', scene: Scene): Promise<void> {
  const { oneServer } = scene;
  const probe = await (await keep(await listIn('TODO', ['/lhcb/okay'], { oneServer }))).play();
  const record = join(temporaryDirectory(), 'record');
  await run('consumer', { base: probe.base, crash: { record } });
  await probe.stop();
  const at = recorded(record, probe.base).indexOf(`${what} POST /jobs`) + 1;
  const { signal } = await run('consumer', { base: scene.base, crash: { at } });
  if (signal !== 'SIGKILL') throw new Error(`The consumer was not killed before its ${what}: ${signal}`);
}
