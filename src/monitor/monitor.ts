/**
 * monitor: looks at every list in DOING, asks FTS about its job, and moves it by the seven rules.
 *
 * A list whose job goes on stays. One whose job is final goes to DONE/Okay, to DONE/Bad, back to TODO, or is split
 * among them. Whatever cannot be decided is named and left alone.
 */
import { Monitoring } from './monitoring.js';
import type { Program } from '../run/program.js';
import { openServers } from '../servers/servers.js';

interface Options {
  readonly acceptLost?: boolean;
}

export const monitor: Program<Options> = {
  name: 'monitor',
  description: 'Looks at every list in DOING and moves it by the seven rules.',
  options: (command) => command.option('--accept-lost', 'move lists under rule 1 to TODO however many they are'),
  main: async (run, options) => {
    const servers = openServers(run);
    try {
      await new Monitoring(run, servers).look(options.acceptLost === true);
    } finally {
      await servers.close();
    }
  },
};
