/**
 * cronScenarios: the three programs that cron starts, killed in each kind of transition and each kind of run.
 */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { killedBefore, listIn, listsByHand } from './beginnings.js';
import { change, keep, lists, newScene, runWell, SOURCE, transferLine, type Scene } from './scene.js';
import type { Scenario } from './trial.js';

/** What came of four transfers is: one finished, one for ever missing, one to be tried again, one cancelled. */
const DIRTY = ['/lhcb/okay', '/lhcb/gone', '/lhcb/again', '/lhcb/canceled'];
const ONE = ['/lhcb/okay'];

const okay = ['DONE/Okay/FTSList.txt'];

const firstList = (scene: Scene, place: string): string => join(scene.base, place, lists(scene, place)[0] ?? '');

export const fresh: Scenario = {
  name: 'the first run of a campaign',
  program: 'producer',
  prepare: async () => keep(await newScene(ONE)),
  end: okay,
};

export const cut: Scenario = {
  name: 'a list cut, with a bad line',
  program: 'producer',
  prepare: async () => {
    const scene = await newScene(['/lhcb/okay', 'no LFN', '/lhcb/two/okay']);
    await runWell('monitor', scene);
    return keep(scene);
  },
  end: ['DONE/Bad/FTSList.txt', ...okay],
};

export const submitted: Scenario = {
  name: 'a list submitted',
  program: 'consumer',
  prepare: async () => keep(await listIn('TODO', ONE)),
  end: okay,
};

export const dirty: Scenario = {
  name: 'a FINISHEDDIRTY list split',
  program: 'monitor',
  prepare: async () => keep(await listIn('DOING', DIRTY)),
  end: ['DONE/Bad/FTSList.txt', 'DONE/Dirty/FTSList.txt', 'DONE/Okay/DFTSList.txt', 'DONE/Okay/FTSList.txt'],
};

export const finished: Scenario = {
  name: 'a FINISHED list moved to DONE/Okay',
  program: 'monitor',
  prepare: async () => keep(await listIn('DOING', ONE)),
  end: okay,
};

/** The list in DOING is the probe of its destination, which is broken. */
async function probeInDoing(lfns: readonly string[]): Promise<Scene> {
  const scene = await listIn('DOING', lfns);
  change(
    scene,
    `INSERT INTO storage VALUES ('gsiftp://echo.example.org', '${'t'.repeat(50)}', 1000, 'timed out', NULL)`,
  );
  change(scene, 'UPDATE job SET probe = 1');
  return scene;
}

export const opened: Scenario = {
  name: 'the probe of a broken storage FINISHED, which opens it',
  program: 'monitor',
  prepare: async () => keep(await probeInDoing(ONE)),
  end: okay,
};

/** It costs the list no failure, and the storage one letter more. The consumer then sends it again, and says that it needs a person. */
export const probeFailed: Scenario = {
  name: 'the probe of a broken storage FAILED, which leaves it broken',
  program: 'monitor',
  mayEndWith: [0, 3],
  prepare: async () => keep(await probeInDoing(['/lhcb/denied'])),
  end: okay,
};

export const failed: Scenario = {
  name: 'a FAILED list moved back to TODO',
  program: 'monitor',
  prepare: async () => keep(await listIn('DOING', ['/lhcb/again'])),
  end: okay,
};

/** What had finished is kept, what was cancelled gets its next attempt. */
export const canceledInPart: Scenario = {
  name: 'a CANCELED list split, as the settings say',
  program: 'monitor',
  prepare: async () => keep(await listIn('DOING', ['/lhcb/okay', '/lhcb/stopped'], { canceled: 'retry' })),
  end: ['DONE/Dirty/FTSList.txt', 'DONE/Okay/DFTSList.txt', ...okay],
};

export const canceledWholly: Scenario = {
  name: 'a CANCELED list moved back to TODO, as the settings say',
  program: 'monitor',
  prepare: async () => keep(await listIn('DOING', ['/lhcb/stopped', '/lhcb/more/stopped'], { canceled: 'retry' })),
  end: okay,
};

/** Failed three times before, it goes to DONE/Bad whole. */
export const pathological: Scenario = {
  name: 'a list FAILED too often moved to DONE/Bad',
  program: 'monitor',
  prepare: async () => {
    const scene = await listIn('DOING', ['/lhcb/stubborn', '/lhcb/more/stubborn']);
    change(scene, 'UPDATE list SET failures = 3');
    return keep(scene);
  },
  end: ['DONE/Bad/FTSList.txt'],
};

/** A person added a line to the list after its job was submitted. */
export const editedInDoing: Scenario = {
  name: 'a FINISHED list with a line that its job does not know',
  program: 'monitor',
  prepare: async () => {
    const scene = await listIn('DOING', ONE);
    appendFileSync(firstList(scene, 'DOING'), `${transferLine('/lhcb/added/okay')}\n`);
    scene.byHand.push(`${SOURCE}/lhcb/added/okay`);
    return keep(scene);
  },
  end: ['DONE/Dirty/FTSList.txt', ...okay, 'DONE/Okay/R-FTSList.txt'],
};

/** A list that a person wrote into DOING: FTS has no job of it. */
export const neverSubmitted: Scenario = {
  name: 'a list without a job moved from DOING to TODO',
  program: 'monitor',
  prepare: async () => {
    const scene = await newScene([]);
    await runWell('producer', scene);
    writeFileSync(join(scene.base, 'DOING/FTSList-20180412-101112-0001.txt'), `${transferLine('/lhcb/okay')}\n`);
    scene.byHand.push(`${SOURCE}/lhcb/okay`);
    return keep(scene);
  },
  end: okay,
};

export const editedInTodo: Scenario = {
  name: 'a list submitted without its unreadable and doubled lines',
  program: 'consumer',
  prepare: async () => {
    const scene = await listIn('TODO', ONE);
    appendFileSync(firstList(scene, 'TODO'), `scribble\n${transferLine('/lhcb/okay')}\n`);
    return keep(scene);
  },
  end: ['DONE/Bad/FTSList.txt', ...okay],
};

export const unreadable: Scenario = {
  name: 'a list without a readable line moved to DONE/Bad',
  program: 'consumer',
  prepare: async () => {
    const scene = await newScene([]);
    await runWell('producer', scene);
    writeFileSync(join(scene.base, 'TODO/FTSList-20180412-101112-0001.txt'), 'scribble\n');
    return keep(scene);
  },
  end: ['DONE/Bad/FTSList.txt'],
};

export const movedBack: Scenario = {
  name: 'a list with a job moved from TODO to DOING',
  program: 'consumer',
  prepare: async () => {
    const scene = await listIn('DOING', ONE);
    const [name = ''] = lists(scene, 'DOING');
    renameSync(join(scene.base, 'DOING', name), join(scene.base, 'TODO', name));
    return keep(scene);
  },
  end: okay,
};

/** The consumer was killed when FTS had the job and the answer had not been read. */
export const answerLost: Scenario = {
  name: 'a job adopted whose answer was lost',
  program: 'consumer',
  prepare: async () => {
    const scene = await listIn('TODO', ONE);
    await killedBefore('answer', scene);
    return keep(scene);
  },
  end: okay,
};

/** The same, a week later: nothing but the look in the archive keeps it from being submitted again, as its sid is free. */
export const answerLostForAWeek: Scenario = {
  name: 'a job adopted from the archive whose answer was lost',
  program: 'consumer',
  prepare: async () => {
    const scene = await listIn('TODO', ONE);
    await killedBefore('answer', scene);
    return keep(scene, true);
  },
  end: okay,
};

/** The answer was lost, and a person moved the list to DOING. */
export const answerLostInDoing: Scenario = {
  name: 'a list in DOING whose answer was lost',
  program: 'monitor',
  prepare: async () => {
    const scene = await listIn('TODO', ONE);
    await killedBefore('answer', scene);
    const [name = ''] = lists(scene, 'TODO');
    renameSync(join(scene.base, 'TODO', name), join(scene.base, 'DOING', name));
    return keep(scene);
  },
  end: okay,
};

export const batchSubmitted: Scenario = {
  name: 'two lists submitted at once',
  program: 'consumer',
  prepare: async () => keep(await listsByHand([['/lhcb/okay'], ['/lhcb/second/okay']])),
  end: [...okay, ...okay],
};

/** Four at once on the wire, and one behind them. Where the answers come is another place each time. */
export const moreThanOnTheWire: Scenario = {
  name: 'five lists submitted, of which four are on the wire at once',
  program: 'consumer',
  prepare: async () => keep(await listsByHand(['1', '2', '3', '4', '5'].map((lfn) => [`/lhcb/${lfn}/okay`]))),
  end: [...okay, ...okay, ...okay, ...okay, ...okay],
};

/** Two are to be accepted, so two are tried; one of them is refused, and a third one is tried after them. */
export const twoBatches: Scenario = {
  name: 'a second batch of lists for one that FTS refuses',
  program: 'consumer',
  args: ['--lists', '2'],
  mayWait: true,
  prepare: async () => keep(await listsByHand([['/lhcb/refused'], ['/lhcb/okay'], ['/lhcb/second/okay']])),
  end: ['DONE/Bad/FTSList.txt', ...okay, ...okay],
};

export const batchSettled: Scenario = {
  name: 'a FINISHED, a FAILED and a FINISHEDDIRTY list settled at once',
  program: 'monitor',
  prepare: async () => {
    const scene = await listsByHand([['/lhcb/okay'], ['/lhcb/again'], ['/lhcb/dirty/okay', '/lhcb/dirty/gone']]);
    await runWell('consumer', scene);
    return keep(scene);
  },
  end: ['DONE/Bad/FTSList.txt', 'DONE/Dirty/FTSList.txt', ...okay, ...okay, ...okay],
};

/** Its POST was answered, so after a kill it is repeated, and refused again; that it is free then is for a person to say. */
export const refused: Scenario = {
  name: 'a list that FTS refuses moved to DONE/Bad',
  program: 'consumer',
  mayWait: true,
  prepare: async () => keep(await listsByHand([['/lhcb/okay'], ['/lhcb/refused']])),
  end: ['DONE/Bad/FTSList.txt', ...okay],
};
