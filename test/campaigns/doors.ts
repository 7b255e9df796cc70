/**
 * doors: stands at every door through which a program of this process changes something: disk, database, server.
 *
 * Calls that no life makes (those of the test and its servers) pass as if it were not there. For a
 * life the pauses between two tries are a twentieth as long.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { Pool } from 'undici';

import { countCommits } from '../support/commitCalls.js';
import { countDiskCalls } from '../support/diskCalls.js';
import { lives } from '../support/life.js';

const HURRY = 20;

export function watchDoors(): void {
  countDiskCalls();
  countCommits();
  countRequests();
  hurryPauses();
}

function countRequests(): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called on the pool that it was taken from
  const { dispatch } = Pool.prototype;
  Pool.prototype.dispatch = function (this: Pool, options, handler) {
    const life = lives.getStore();
    if (life === undefined) return dispatch.call(this, options, handler);
    const changes = options.method !== 'GET' && options.method !== 'HEAD';
    return life.request(changes, (answered) => {
      return dispatch.call(this, options, {
        ...handler,
        onResponseEnd(...of) {
          answered();
          handler.onResponseEnd?.(...of);
        },
        onResponseError(...of) {
          answered();
          handler.onResponseError?.(...of);
        },
      });
    });
  };
}

function hurryPauses(): void {
  const pause = timers.setTimeout;
  timers.setTimeout = (ms = 1, value, options) =>
    pause(lives.getStore() === undefined ? ms : ms / HURRY, value, options);
  syncBuiltinESMExports();
}
