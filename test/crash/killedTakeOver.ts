/** killedTakeOver: misc/takeOver is killed at its calls; the same command goes on, and ends as if nothing had been. */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, lfnsOf } from '../support/campaign.js';
import * as original from '../support/originalCampaign.js';
import { run } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { endJob } from '../support/served.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { DATABASE } from './books.js';
import { ageLeases } from './scene.js';
import { recorded, said } from './trial.js';

const OF_IT = { args: ['--yes'] };

/** One of everything that the original leaves: each kind of action is taken once. */
async function left(server: RehearsalServer): Promise<Campaign> {
  const campaign = new Campaign([choice(server)]);
  const names = Array.from({ length: 8 }, (_, age) => original.originalName(age));
  const [known = '', sentBack = '', parked = '', dirty = '', falsely = '', bad = '', unnoted = '', waits = ''] = names;
  original.makeTable(campaign);
  for (const name of names) campaign.put('TODO', name);
  await original.submit(campaign, server, known);
  await original.submit(campaign, server, sentBack);
  original.retry(campaign, sentBack);
  await original.submit(campaign, server, parked);
  original.moveAway(campaign, parked, 'DOING/RALSpecific');
  endJob(server, await original.submit(campaign, server, dirty), [['FINISHED'], ['FAILED', 'Timed out']]);
  original.moveAway(campaign, dirty, 'DONE/Dirty');
  const [, missing = ''] = lfnsOf(falsely);
  endJob(server, await original.submit(campaign, server, falsely, { missing: [missing] }));
  original.split(campaign, falsely, { missing: [missing] });
  endJob(server, await original.submit(campaign, server, bad), [
    ['FAILED', 'Timed out'],
    ['FAILED', 'Timed out'],
  ]);
  campaign.move(`DOING/${bad}`, `DONE/Bad/${bad}`);
  await original.submit(campaign, server, unnoted, { killed: 'before the row' });
  original.appendToBadFileList(campaign, lfnsOf(waits).slice(1));
  return campaign;
}

/** Kills it before each of its calls that is chosen. Returns how many those were, and all of its calls. */
export async function killTakeOver(
  server: RehearsalServer,
  isChosen: (call: string) => boolean,
): Promise<{ kills: number; calls: readonly string[] }> {
  const campaign = await left(server);
  const copy = (): string => {
    const base = temporaryDirectory();
    cpSync(campaign.base, base, { recursive: true });
    return base;
  };
  const [survivor, record] = [copy(), join(temporaryDirectory(), 'record')];
  const outcome = await run('misc/takeOver', { base: survivor, ...OF_IT, crash: { record } });
  assert.equal(outcome.exit, 0, said(outcome));
  const ended = footprint(survivor);
  const calls = recorded(record, survivor);
  let kills = 0;
  for (const [index, call] of calls.entries()) {
    if (!isChosen(call)) continue;
    const base = copy();
    const killed = await run('misc/takeOver', { base, ...OF_IT, crash: { at: index + 1 } });
    assert.equal(killed.signal, 'SIGKILL', `before ${call}: ${said(killed)}`);
    kills += 1;
    ageLeases(base);
    const next = await runUnharmed('misc/takeOver', { base, ...OF_IT });
    assert.equal(next.exit, 0, `after a kill before ${call}: ${said(next)}`);
    assert.deepEqual(footprint(base), ended, `after a kill before ${call}`);
  }
  return { kills, calls };
}

/** What a take-over leaves: the transfers by place, and what the database says. Times and numbers in names are not of it. */
function footprint(base: string): unknown {
  const campaign = Object.assign(new Campaign([]), { base });
  const linesIn = (place: string): string[] =>
    campaign
      .lists(place)
      .filter((name) => name.endsWith('.txt'))
      .flatMap((name) => campaign.read(`${place}/${name}`).split('\n'))
      .filter((line) => line !== '' && !line.startsWith('# castor2echo'))
      .map((line) => line.replace(/ \| [\dTZ:-]+$/, ''))
      .sort();
  const db = new Sqlite(join(base, DATABASE), { readonly: true });
  try {
    return {
      places: ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'].map(linesIn),
      lists: db.prepare('SELECT name, state, attempt, failures, transfers FROM list ORDER BY name').all(),
      jobs: db.prepare('SELECT list, attempt, job_id, server FROM job ORDER BY list').all(),
      tables: db.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'FTSJobMap%' AND type = 'table'").all(),
      open: db.prepare('SELECT list FROM "transition"').all(),
      complete: db.prepare('SELECT take_over_complete IS NOT NULL AS complete FROM campaign').get(),
    };
  } finally {
    db.close();
  }
}
