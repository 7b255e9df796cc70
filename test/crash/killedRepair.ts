/** killedRepair: misc/repair is killed at its calls, when a database is damaged; the next repair must go on. */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { DATABASE } from './books.js';
import { ageLeases } from './scene.js';
import { recorded, said } from './trial.js';

const OF_IT = { args: ['--yes'] };

/** Lists at the server and in TODO, and a database of which the middle, where the tables are, is overwritten. */
async function damaged(server: RehearsalServer): Promise<Campaign> {
  const campaign = new Campaign([choice(server)], { producer: { lfns_per_list: 3, lists_per_run: 4 } });
  campaign.lfns(
    'a.list',
    Array.from({ length: 20 }, (_, index) => `/lhcb/data/${index}.dst`),
  );
  await campaign.run('producer');
  await campaign.run('consumer', 0, ['--lists', '2']);
  return campaign;
}

/** Kills it before each of its calls that is chosen. Returns how many those were, and all of its calls. */
export async function killRepair(
  server: RehearsalServer,
  isChosen: (call: string) => boolean,
): Promise<{ kills: number; calls: readonly string[] }> {
  const campaign = await damaged(server);
  const before = kept(campaign.base);
  const bytes = readFileSync(campaign.path(DATABASE));
  writeFileSync(campaign.path(DATABASE), bytes.fill(0x5a, 4096, 12_288));
  const copy = (): string => {
    const base = temporaryDirectory();
    cpSync(campaign.base, base, { recursive: true });
    return base;
  };

  const [survivor, record] = [copy(), join(temporaryDirectory(), 'record')];
  const outcome = await run('misc/repair', { base: survivor, ...OF_IT, crash: { record } });
  assert.equal(outcome.exit, 0, said(outcome));
  assert.deepEqual(kept(survivor), before);
  const calls = recorded(record, survivor);
  let kills = 0;
  for (const [index, call] of calls.entries()) {
    if (!isChosen(call)) continue;
    const base = copy();
    const killed = await run('misc/repair', { base, ...OF_IT, crash: { at: index + 1 } });
    assert.equal(killed.signal, 'SIGKILL', `before ${call}: ${said(killed)}`);
    kills += 1;
    ageLeases(base);
    const next = await runUnharmed('misc/repair', { base, ...OF_IT });
    assert.equal(next.exit, 0, `after a kill before ${call}: ${said(next)}`);
    const files = readdirSync(base).filter((name) => name.startsWith(DATABASE));
    assert.equal(files.length, 2, `after a kill before ${call}: ${files.join(' ')}`);
    assert.deepEqual(kept(base), before, `after a kill before ${call}`);
  }
  return { kills, calls };
}

/** What no repair may change. */
function kept(base: string): unknown[] {
  const db = new Sqlite(join(base, DATABASE), { readonly: true });
  try {
    return ['SELECT * FROM lfn_list', 'SELECT uuid FROM campaign'].map((sql) => db.prepare(sql).all());
  } finally {
    db.close();
  }
}
