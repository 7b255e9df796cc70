/**
 * steeringScenarios: the programs by which a person steers a campaign, killed where they change lists, rows or jobs.
 *
 * After the kill the person gives the same command again.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Storages } from '../support/storages.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { killedBefore, listIn, listsByHand, nameByHand } from './beginnings.js';
import { DESTINATION, keep, newScene, runWell, SERVERS, SOURCE, transferLine } from './scene.js';
import type { Scenario } from './trial.js';

const GFAL_STAT = `#!/bin/sh
case "$3" in
  *errno=2*) echo "gfal-stat error: 2 (No such file or directory) - No such file or directory" >&2; exit 2 ;;
esac
`;

const [FIRST, SECOND] = SERVERS;
const okay = ['DONE/Okay/FTSList.txt'];

/** What a person sends back from DONE/Bad. */
export const sentBack: Scenario = {
  name: 'a list of DONE/Bad sent back to TODO',
  program: 'misc/requeue',
  args: ['--all', '--yes'],
  prepare: async () => {
    const scene = await newScene([]);
    await runWell('producer', scene);
    const text = `# config: no space | no space left | RAL x | 2018-04-12T10:11:12Z\n${transferLine('/lhcb/okay')}\n`;
    writeFileSync(join(scene.base, 'DONE/Bad/FTSList-20180412-101112-0001.txt'), text);
    scene.byHand.push(`${SOURCE}/lhcb/okay`);
    return keep(scene);
  },
  end: ['DONE/Okay/R-FTSList.txt'],
};

/** Of its job one transfer has finished, and one goes on: that is cancelled, its end awaited, and the list split. */
export const movedWithItsJob: Scenario = {
  name: 'a list with a running job moved to another server',
  program: 'misc/moveServer',
  args: ['--from', FIRST, '--to', SECOND, '--yes'],
  prepare: async () => keep(await listIn('DOING', ['/lhcb/okay', '/lhcb/slow'], { oneServer: true })),
  end: ['DONE/Dirty/FTSList.txt', 'DONE/Okay/DFTSList.txt', ...okay],
};

/** Only its row says where it is to go. */
export const movedWithoutJob: Scenario = {
  name: 'a list that waits in TODO moved to another server',
  program: 'misc/moveServer',
  args: [nameByHand(0), '--to', SECOND, '--yes'],
  prepare: async () => keep(await listsByHand([['/lhcb/okay']])),
  end: okay,
};

/** The server is gone for good. Its job had failed, which only its operators know. */
export const abandoned: Scenario = {
  name: 'a list in DOING whose server is gone given up there',
  program: 'misc/moveServer',
  args: ['--from', FIRST, '--to', SECOND, '--abandon', '--yes'],
  prepare: async () => keep(await listIn('DOING', ['/lhcb/again'], { oneServer: true, firstIsGone: true })),
  end: okay,
};

/** The same, and its copy may still be going on: the hold is written in the commit that gives the job up. */
export const abandonedAndHeld: Scenario = {
  ...abandoned,
  name: 'a list in DOING whose server is gone given up there, and held as its copy may go on',
  prepare: async () =>
    keep(await listIn('DOING', ['/lhcb/again'], { oneServer: true, firstIsGone: true, holds: true })),
};

/** The same, of a list whose POST never left: nobody knows that any more. */
export const abandonedInTodo: Scenario = {
  ...abandoned,
  name: 'a list in TODO of which a server that is gone may have a job given up there',
  prepare: async () => {
    const scene = await listIn('TODO', ['/lhcb/okay'], { oneServer: true, firstIsGone: true });
    await killedBefore('request', scene);
    return keep(scene);
  },
};

/** The list stays in DOING with its cancelled job, until the monitor sends it again. */
export const cancelled: Scenario = {
  name: 'the job of a list cancelled',
  program: 'misc/cancel',
  args: ['--all', '--yes'],
  prepare: async () =>
    keep(await listIn('DOING', ['/lhcb/okay', '/lhcb/slow'], { oneServer: true, canceled: 'retry' })),
  end: ['DONE/Dirty/FTSList.txt', 'DONE/Okay/DFTSList.txt', ...okay],
};

/** Of one list a source is missing, of the other all. */
export const checked: Scenario = {
  name: 'missing sources of lists in TODO moved to DONE/Bad',
  program: 'misc/checkSources',
  args: ['--yes'],
  env: withGfalStat(),
  prepare: async () => {
    const scene = await newScene([], { oneServer: true });
    await runWell('producer', scene);
    for (const [row, paths] of [['there?size=7', 'gone?errno=2'], ['lost?errno=2']].entries()) {
      const sources = paths.map((path) => `mock://castor.example.org/lhcb/${path}`);
      const lines = sources.map((source) => `${source}  ${DESTINATION}${new URL(source).pathname}\n`);
      writeFileSync(join(scene.base, 'TODO', nameByHand(row)), lines.join(''));
      scene.byHand.push(...sources);
    }
    return keep(scene);
  },
  end: ['DONE/Bad/FTSList.txt', 'DONE/Bad/FTSList.txt', 'DONE/Okay/FTSList~2.txt'],
};

const storages = new Storages();

/** Of one list a transfer has arrived already, of the other all. */
export const arrived: Scenario = {
  name: 'what has arrived already moved to DONE/Okay',
  program: 'misc/checkDestinations',
  args: ['--yes'],
  env: storages.env,
  prepare: async () => {
    const scene = await listsByHand([['/lhcb/there', '/lhcb/okay'], ['/lhcb/all']]);
    for (const lfn of ['/lhcb/there', '/lhcb/all'])
      for (const url of [SOURCE, DESTINATION]) storages.put(`${url}${lfn}`, lfn);
    return keep(scene);
  },
  end: ['DONE/Okay/FTSList.txt', 'DONE/Okay/FTSList~2.txt', 'DONE/Okay/FTSList.txt'],
};

/** The real gfal-stat where it is installed with its mock plugin, else one that says the same of the sources here. */
function withGfalStat(): Readonly<Record<string, string>> {
  const real = { PATH: '/usr/bin:/bin' };
  if (spawnSync('gfal-stat', ['mock://castor.example.org/a?size=7'], { env: real }).status === 0) return real;
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'gfal-stat'), GFAL_STAT, { mode: 0o755 });
  return { PATH: `${directory}:${real.PATH}` };
}
