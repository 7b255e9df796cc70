/**
 * program: the monitor as its command starts it. Where nothing is in DOING nothing is loaded of what looks at lists,
 * which is more than a third of the modules.
 */
import path from 'node:path';
import { UsageError } from '../errors.js';
import * as listRows from '../database/listRows.js';
import { tellForecast } from '../forecast/forecast.js';
import { renewCredentials } from '../servers/renewal.js';
import { openServers } from '../servers/servers.js';
import type { Program, Run } from '../run/program.js';
import type * as Monitor from './monitor.js';

interface Options {
  readonly acceptLost?: boolean;
}

/** What stands in the spool when the run begins. */
export interface ListsThere {
  readonly doing: ReadonlySet<string>;
  readonly todo: ReadonlySet<string>;
}

/** `names`: lists in DOING or their paths; empty: all. */
function listsThere(run: Run, names: readonly string[]): ListsThere {
  const { lists, strange } = run.spool.listing('DOING');
  if (strange.length > 0 && names.length === 0) run.summary.note(`left alone, no lists: ${strange.join(', ')}`);
  return { doing: chosen(new Set(lists), names), todo: new Set(run.spool.listing('TODO').lists) };
}

function chosen(doing: ReadonlySet<string>, names: readonly string[]): ReadonlySet<string> {
  if (names.length === 0) return doing;
  const wanted = new Set(names.map((name) => path.basename(name)));
  const missing = [...wanted].filter((name) => !doing.has(name));
  if (missing.length > 0)
    throw new UsageError(`Nothing was looked at: not in DOING: ${missing.join(', ')}; name lists that stand there`);
  return wanted;
}

/** Does a list that is not settled stand neither in TODO nor in DOING? */
function lacksOne({ db }: Run, { doing, todo }: ListsThere): boolean {
  for (const name of listRows.openListNames(db)) if (!doing.has(name) && !todo.has(name)) return true;
  return false;
}

export const monitor: Program<Options> = {
  name: 'monitor',
  description: 'Looks at every list in DOING and moves it by the seven rules.',
  options: (command) =>
    command
      .argument('[list...]', 'lists in DOING (default: all)')
      .option('--accept-lost', 'move lists under rule 1 to TODO however many they are'),
  main: async (run, options, names) => {
    await renewCredentials(run);
    const servers = openServers(run);
    try {
      const there = listsThere(run, names);
      if (there.doing.size > 0 || lacksOne(run, there)) {
        const { lookAt } = require('./monitor.js') as typeof Monitor;
        await lookAt(run, servers, there, { acceptLost: options.acceptLost === true, areAll: names.length === 0 });
      }
      await tellForecast(run, servers);
    } finally {
      await servers.close();
    }
  },
};
