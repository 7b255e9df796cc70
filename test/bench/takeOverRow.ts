/** takeOverRow: a campaign of the original program with a hundred thousand rows and lists is taken over, one list in a hundred in DOING. */
import Sqlite from 'better-sqlite3';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCampaign, nameOf, textOf, type Campaign } from './campaign.js';
import { size, within, type Context, type Rows } from './context.js';
import type { Contest } from './contest.js';
import { atMost } from './figures.js';
import { jobIdOf } from './jobs.js';
import { program } from './measured.js';
import { Server } from './server.js';

const DATABASE = 'sqlite_c2e.db';

export async function takeOverRow(context: Context): Promise<Rows> {
  const lists = size(context, 100_000, 10_000);
  const server = await Server.start({ delayMs: 0, state: 'FINISHED', seed: context.seed });
  const campaign: Campaign = { base: within(context, 'take-over'), seed: context.seed, endpoint: server.url };
  const contest: Contest = {
    name: 'take-over',
    what: `${lists.toLocaleString('en')} rows and lists of the original program`,
    rounds: 3,
    subject: {
      label: 'takeOver',
      prepare: () => putBack(campaign, lists),
      command: () => program('misc/takeOver', campaign.base, '--yes'),
      finish: async () => ({ ...(await server.counts()) }),
    },
    rival: null,
    judge: (result) => [
      atMost(result.subject, 'wallSeconds', 60, !context.quick),
      atMost(result.subject, 'peakBytes', 300e6, !context.quick),
    ],
  };
  return { contests: [contest], release: () => server.stop() };
}

const made = new Set<string>();

/** The lists stay where they are, so only the database has to be as it was. */
function putBack(campaign: Campaign, lists: number): void {
  const { base } = campaign;
  const kept = join(base, 'before.db');
  if (!made.has(base)) {
    makeCampaign(campaign);
    for (let number = 0; number < lists; number++) {
      const lines = textOf(campaign, '', number).replaceAll(/^#.*\n/gm, '');
      writeFileSync(join(base, number % 100 === 0 ? 'DOING' : 'DONE/Okay', nameOf(number)), lines);
    }
    makeTable(kept, campaign, lists);
  }
  made.add(base);
  rmSync(join(base, '.campaign'), { force: true });
  rmSync(join(base, '.checked'), { force: true });
  copyFileSync(kept, join(base, DATABASE));
}

function makeTable(file: string, { endpoint }: Campaign, lists: number): void {
  const db = new Sqlite(file);
  db.exec(
    'CREATE TABLE FTSJobMap (list VARCHAR(250), id VARCHAR(250), state VARCHAR(250), looks INTEGER, server VARCHAR(250))',
  );
  const insert = db.prepare("INSERT INTO FTSJobMap VALUES (?, ?, 'FINISHED', 3, ?)");
  db.transaction(() => {
    for (let number = 0; number < lists; number++) insert.run(nameOf(number), jobIdOf(number), endpoint);
  })();
  db.close();
}
