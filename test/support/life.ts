/**
 * life: the life of a program that runs without a process of its own: it ends at a chosen one of its calls.
 *
 * From then on every call that would change something throws, as a dead process changes nothing any more; what it has
 * open stays as it was. Which life makes a call is known by its asynchronous context, so that several go on at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import type { Call } from './point.js';

export type Kind = 'commit' | 'request' | 'spool';

/** Which call is its last; see point. */
export interface Death {
  /** Count calls of this kind only; by default all. `spool`: what changes a file in TODO, DOING or DONE. */
  readonly of?: Kind;
  readonly at?: number;
  readonly after?: number;
  readonly half?: number;
}

export class Killed extends Error {
  override name = 'Killed';
}

export class Life {
  private readonly death: Death;
  private readonly freezesAt: number;
  private calls = 0;
  private requests = 0;
  private within = false;
  private over = false;
  /** Resolves when the life is frozen, and never if it is not. */
  readonly frozen: Promise<void>;
  private freeze: () => void = () => {};
  private readonly thawed: Promise<void>;
  /** Lets a frozen life go on. */
  thaw: () => void = () => {};

  /** `freezesAt`: the number of the request before which it stands still until `thaw`; 0: none. */
  constructor(death: Death = {}, freezesAt = 0) {
    this.death = death;
    this.freezesAt = freezesAt;
    this.frozen = new Promise((resolve) => (this.freeze = resolve));
    this.thawed = new Promise((resolve) => (this.thaw = resolve));
  }

  get dead(): boolean {
    return this.over;
  }

  point<T>(call: Call<T>): T {
    this.mustLive();
    if (this.within) return call.make();
    const n = this.count(kindOf(call));
    if (n === this.death.at) this.die();
    this.within = true;
    try {
      if (n === this.death.half) {
        call.half?.();
        this.die();
      }
      const result = call.make();
      if (n === this.death.after) this.die();
      return result;
    } finally {
      this.within = false;
    }
  }

  /**
   * A request. One that changes something is a call: killed at it, nothing is sent; killed after it, or half-way, the
   * server has done it and the answer meets nobody. `send` is told what to do when the answer comes.
   */
  request(changes: boolean, send: (answered: () => void) => boolean): boolean {
    this.mustLive();
    this.requests += 1;
    const n = changes ? this.count('request') : 0;
    if (n === this.death.at) this.die();
    const ends = n !== 0 && (n === this.death.after || n === this.death.half);
    const go = (): boolean => send(() => void (this.over ||= ends));
    if (this.requests !== this.freezesAt) return go();
    this.freeze();
    void this.thawed.then(() => lives.run(this, go));
    return true;
  }

  /** The number of this call among those that count, from 1; 0: it does not count. */
  private count(kind: Kind | null): number {
    if (this.death.of !== undefined && this.death.of !== kind) return 0;
    this.calls += 1;
    return this.calls;
  }

  private mustLive(): void {
    if (this.over) throw new Killed('nothing is done after the end');
  }

  private die(): never {
    this.over = true;
    throw new Killed('the end');
  }
}

function kindOf({ operation, path }: Call<unknown>): Kind | null {
  if (operation === 'commit') return 'commit';
  return /\/(TODO|DOING|DONE)(\/|$)/.test(path) ? 'spool' : null;
}

export const lives = new AsyncLocalStorage<Life>();
