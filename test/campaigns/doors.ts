/**
 * doors: stands at every door through which a program of this process changes something: disk, database, server.
 *
 * Calls that no life makes (those of the test and its servers) pass as if it were not there. For a life the pauses
 * between two tries are a twentieth as long; its requests say whose they are, and it reads a server's times as its
 * clock shows them.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { Pool } from 'undici';

import { countCommits } from '../support/commitCalls.js';
import { countDiskCalls } from '../support/diskCalls.js';
import { Life, lives, type Death } from '../support/life.js';
import type { ServerClock } from './serverClock.js';
import type { World } from './world.js';

const HURRY = 20;

export function watchDoors(): void {
  countDiskCalls();
  countCommits();
  countRequests();
  hurryPauses();
}

/** The life of a program in a world. */
export class Inhabitant extends Life {
  readonly world: World;
  /** The credential with which it was started is the one that it has read. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(world: World, death: Death, freezesAt: number) {
    super(death, freezesAt);
    this.world = world;
    this.headers = world.headers;
  }
}

function countRequests(): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called on the pool that it was taken from
  const { dispatch } = Pool.prototype;
  Pool.prototype.dispatch = function (this: Pool, options, handler) {
    const life = lives.getStore();
    if (!(life instanceof Inhabitant)) return dispatch.call(this, options, handler);
    const changes = options.method !== 'GET' && options.method !== 'HEAD';
    const headers = { ...(options.headers as Record<string, string>), ...life.headers };
    const clock = clockBehind(this, life.world);
    return life.request(changes, (answered) => {
      return dispatch.call(
        this,
        { ...options, headers },
        {
          ...handler,
          onResponseStart(controller, status, { date, ...others }, ...of) {
            const shown = typeof date === 'string' ? { date: clock().dated(date) } : {};
            handler.onResponseStart?.(controller, status, { ...others, ...shown }, ...of);
          },
          onResponseData(controller, chunk) {
            handler.onResponseData?.(controller, clock().written(chunk));
          },
          onResponseEnd(...of) {
            answered();
            handler.onResponseEnd?.(...of);
          },
          onResponseError(...of) {
            answered();
            handler.onResponseError?.(...of);
          },
        },
      );
    });
  };
}

const origins = new WeakMap<Pool, string>();

/** Of the server at the other end, which is known as soon as there is an answer. */
function clockBehind(pool: Pool, world: World): () => ServerClock {
  if (!origins.has(pool)) pool.once('connect', ({ origin }) => origins.set(pool, origin));
  return () => world.clockOf(origins.get(pool) ?? '');
}

function hurryPauses(): void {
  const pause = timers.setTimeout;
  timers.setTimeout = (ms = 1, value, options) =>
    pause(lives.getStore() === undefined ? ms : ms / HURRY, value, options);
  syncBuiltinESMExports();
}
