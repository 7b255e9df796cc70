/**
 * progress: shows on a terminal how far long work is, on a line that is written over and is gone at the end.
 *
 * A pipe or a file gets nothing of it: there it would be a line for each.
 */
import { progressLine, type Stage } from '../text/progress.js';

/** The line is drawn no more often. */
const PAUSE_MS = 200;
const [TO_LINE_START, CLEAR_LINE] = ['\r', '\x1b[K'];

export class Progress {
  private readonly draw: (text: string) => void;
  /** The terminal's; null: there is none. */
  private readonly columns: () => number | null;
  private readonly clock: () => number;
  private stage: Stage | null = null;
  private begun = 0;
  private drawn = 0;
  private isShown = false;

  constructor(
    draw: (text: string) => void,
    columns: () => number | null,
    clock: () => number = () => performance.now(),
  ) {
    this.draw = draw;
    this.columns = columns;
    this.clock = clock;
  }

  begin(stage: Stage): void {
    this.stage = stage;
    this.begun = this.clock();
    this.drawn = 0;
  }

  /** `part`: of the stage, from 0 to 1; null: nobody knows. */
  reach(count: number, part: number | null): void {
    const now = this.clock();
    if (this.stage === null || (this.drawn !== 0 && now - this.drawn < PAUSE_MS)) return;
    this.drawn = now;
    const columns = this.columns();
    if (columns === null) return;
    const line = progressLine(this.stage, { count, part, ms: now - this.begun });
    this.draw(`${TO_LINE_START}${line.slice(0, columns - 1)}${CLEAR_LINE}`);
    this.isShown = true;
  }

  /** The line is taken away; whatever is printed next stands in its place. */
  end(): void {
    if (this.isShown) this.draw(`${TO_LINE_START}${CLEAR_LINE}`);
    this.isShown = false;
    this.drawn = 0;
  }
}
