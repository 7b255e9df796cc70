/** producerMany: the producer cuts a million LFNs into 50,000 lists in one run; the rival only writes the same files. */
import { linkSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LFN_LIST, makeCampaign } from './campaign.js';
import { size, within, type Context, type Rows } from './context.js';
import type { Runner } from './contest.js';
import { ratioAtLeast } from './figures.js';
import { writeLfnList } from './lfns.js';
import { program, script } from './measured.js';
import { LFNS_PER_LIST } from './storages.js';

export function producerMany(context: Context): Rows {
  const lists = size(context, 50_000, 2000);
  const subject = manyLists(context, 'producer-many', lists);
  const directory = within(context, 'write-loop');
  const rival: Runner = {
    label: 'write + fsync + rename',
    command: () => script('writeLoop', directory, String(lists), String(5700)),
    finish: () => rmSync(directory, { recursive: true }),
  };
  return {
    contests: [
      {
        name: 'producer-many',
        what: `${(lists * LFNS_PER_LIST).toLocaleString('en')} LFNs into ${lists.toLocaleString('en')} lists`,
        rounds: size(context, 3, 3),
        subject,
        rival,
        judge: (result) => [ratioAtLeast(result, 0.6)],
      },
    ],
  };
}

/** One run of the producer that cuts so many lists. */
export function manyLists(context: Context, name: string, lists: number): Runner {
  const base = within(context, name);
  const lfnList = within(context, `${name}.list`);
  writeLfnList(lfnList, context.seed, lists * LFNS_PER_LIST);
  return {
    label: 'producer',
    prepare: () => {
      makeCampaign({ base, seed: context.seed, endpoint: 'http://127.0.0.1:9' });
      linkSync(lfnList, join(base, LFN_LIST));
    },
    command: () => program('producer', base, '--lists', String(lists)),
    finish: async () => {
      const names = readdirSync(join(base, 'TODO')).filter((each) => each.endsWith('.txt'));
      const bytes = readFileSync(join(base, 'TODO', names[0] ?? '')).length;
      rmSync(base, { recursive: true });
      return Promise.resolve({ lists: names.length, bytesPerList: bytes });
    },
  };
}
