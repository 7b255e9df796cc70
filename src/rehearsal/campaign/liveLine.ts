/**
 * liveLine: shows how a rehearsal goes on: one line that is drawn again and again on a terminal, a line for each round
 * in a pipe or file.
 */
import type { CampaignProgress } from './driver.js';
import type { Paint } from '../../text/terminal.js';

/** Terminals of 80 columns would break a line that fills them. */
const WIDTH = 79;
/** Always the same, where there is room, so that the line does not jump. */
const BAR = 14;

type Part = readonly [text: string, colour: Parameters<Paint>[0] | null];

export class LiveLine {
  private readonly lfns: number;
  private readonly stream: { isTTY?: boolean; write(text: string): unknown };
  private readonly paint: Paint;
  private drawn = false;

  /** `lfns`: how many there are in all. */
  constructor(lfns: number, stream: { isTTY?: boolean; write(text: string): unknown }, paint: Paint) {
    this.lfns = lfns;
    this.stream = stream;
    this.paint = paint;
  }

  show(progress: CampaignProgress): void {
    if (this.stream.isTTY === true) {
      this.stream.write(`\r${this.painted(withBar(progress, this.lfns))}\u001b[K`);
      this.drawn = true;
    } else if (progress.ended) this.stream.write(`${text(inWords(progress))}\n`);
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.drawn) this.stream.write('\r\u001b[K');
    this.drawn = false;
  }

  private painted(parts: readonly Part[]): string {
    return parts.map(([part, colour]) => (colour === null ? part : this.paint(colour, part))).join('');
  }
}

function inWords({ round, okay, bad, doing, todo, down, happening }: CampaignProgress): Part[] {
  const now = down === null ? happening : `${down} is down`;
  return [
    [`round ${round}: ${okay} okay, `, null],
    [`${bad} bad`, bad > 0 ? 'red' : null],
    [`, ${doing} doing, ${todo} todo`, null],
    [now === '' ? '' : ` (${now})`, down === null ? 'dim' : 'yellow'],
  ];
}

/** The bar gives way to the words. */
function withBar(progress: CampaignProgress, lfns: number): Part[] {
  const words = inWords(progress);
  const room = Math.min(BAR, WIDTH - text(words).length - 3);
  if (room < 5) return clipped(words);
  const done = Math.min(room, Math.floor((room * (progress.okay + progress.bad)) / Math.max(1, lfns)));
  return [['[', null], ['#'.repeat(done), 'green'], [`${'.'.repeat(room - done)}] `, null], ...words];
}

function clipped(parts: readonly Part[]): Part[] {
  let room = WIDTH;
  return parts.map(([part, colour]) => {
    const fits = part.slice(0, room);
    room -= fits.length;
    return [fits, colour];
  });
}

const text = (parts: readonly Part[]): string => parts.map(([part]) => part).join('');
