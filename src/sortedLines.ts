/**
 * sortedLines: lines, sorted by their bytes, however many there are.
 *
 * Those of each partition are sorted in memory and put aside as a run; at the end the runs of an answer are merged.
 * Equal inputs give equal files, in whatever order their lines came.
 */
import type { Spill } from './spill.js';

/** So much of each run is in memory while it is merged. */
const PIECE = 32 * 1024;

interface Run {
  at: number;
  left: number;
}

export class SortedLines {
  private readonly spill: Spill;
  private readonly pending = new Map<string, string[]>();
  private readonly runs = new Map<string, Run[]>();

  constructor(spill: Spill) {
    this.spill = spill;
  }

  /** `line`: each character a byte, without its newline. */
  add(answer: string, line: string): void {
    const lines = this.pending.get(answer);
    if (lines === undefined) this.pending.set(answer, [line]);
    else lines.push(line);
  }

  /** The lines that were added since the last call become a run of their answer. */
  endPartition(): void {
    for (const [answer, lines] of this.pending) {
      lines.sort().push('');
      const bytes = Buffer.from(lines.join('\n'), 'latin1');
      const runs = this.runs.get(answer) ?? [];
      runs.push({ at: this.spill.append(bytes), left: bytes.length });
      this.runs.set(answer, runs);
    }
    this.pending.clear();
  }

  /** The lines of an answer in their order; once. */
  *lines(answer: string): Generator<string> {
    const heap = (this.runs.get(answer) ?? []).map((run) => new Reader(this.spill, run));
    for (let at = heap.length >> 1; at >= 0; at--) sink(heap, at);
    for (let first = heap[0]; first !== undefined; first = heap[0]) {
      yield first.line;
      if (!first.advance()) {
        const last = heap.pop();
        if (last === undefined || heap.length === 0) continue;
        heap[0] = last;
      }
      sink(heap, 0);
    }
  }
}

/** The lines of a run, one after the other. */
class Reader {
  line = '';
  private readonly spill: Spill;
  private readonly run: Run;
  private lines: string[] = [];
  private next = 0;
  private rest = '';

  constructor(spill: Spill, run: Run) {
    this.spill = spill;
    this.run = run;
    this.advance();
  }

  /** False: there is none left. */
  advance(): boolean {
    while (this.next >= this.lines.length) {
      if (this.run.left === 0) return false;
      const piece = Buffer.allocUnsafe(Math.min(PIECE, this.run.left));
      this.spill.read(piece, 0, piece.length, this.run.at);
      this.run.at += piece.length;
      this.run.left -= piece.length;
      this.lines = (this.rest + piece.toString('latin1')).split('\n');
      this.rest = this.lines.pop() ?? '';
      this.next = 0;
    }
    this.line = this.lines[this.next++] ?? '';
    return true;
  }
}

/** The smallest line is the first of the heap. */
function sink(heap: Reader[], from: number): void {
  for (let at = from; ;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && (heap[child]?.line ?? '') < (heap[least]?.line ?? '')) least = child;
    const [one, other] = [heap[at], heap[least]];
    if (least === at || one === undefined || other === undefined) return;
    heap[at] = other;
    heap[least] = one;
    at = least;
  }
}
