/**
 * plan: random campaigns to which happens what can happen to processes.
 *
 * Their clock is the machine's, so nothing happens here that is believed only after an hour; and no server knows them
 * by another credential, as http needs none.
 */
import fc from 'fast-check';

import {
  byHand,
  cancel,
  changes,
  death,
  faults,
  killed,
  moreLfns,
  newSettings,
  ofServers,
  plansOf,
  run,
  time,
  twoAtOnce,
} from '../campaigns/happenings.js';

/** The first few of all calls take the lease. */
const anyDeath = death(8, 40);

export const plans = plansOf(
  ({ late }) =>
    fc.oneof(
      { weight: 6, arbitrary: run },
      { weight: 6, arbitrary: killed(anyDeath) },
      { weight: 3, arbitrary: twoAtOnce(anyDeath) },
      { weight: 4, arbitrary: ofServers(faults(late)) },
      { weight: 3, arbitrary: ofServers(changes(late)) },
      { weight: 1, arbitrary: ofServers(cancel) },
      { weight: 2, arbitrary: time },
      { weight: 1, arbitrary: newSettings },
      { weight: 4, arbitrary: byHand },
      { weight: 1, arbitrary: moreLfns },
    ),
  10,
);
