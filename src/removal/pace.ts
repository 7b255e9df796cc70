/** pace: when the next files may be deleted, where no more than so many a minute are allowed. Pure. */
import { MINUTE_MS } from '../text/words.js';

export class RemovalPace {
  private readonly perMinute: number;
  private free = 0;

  /** Infinity: as fast as it goes. */
  constructor(perMinute: number) {
    this.perMinute = perMinute;
  }

  /** Returns when so many files may go, in ms of the clock that says `now`. */
  reserve(files: number, now: number): number {
    const at = Math.max(now, this.free);
    this.free = at + (files * MINUTE_MS) / this.perMinute;
    return at;
  }
}
