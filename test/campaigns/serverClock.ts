/**
 * serverClock: what a server shows as the time, where its clock is wrong, and when that is noticed and it is set anew.
 *
 * Nothing happens by it, as a copy takes as long as it takes; what was written down by a wrong clock stays as it was
 * written.
 */
const TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)"/g;

export class ServerClock {
  /** The newest first. */
  private readonly set: { readonly since: number; readonly ahead: number }[] = [];

  /** From that moment on, a whole second, it is ahead by so many ms. */
  goesWrong(since: number, ahead: number): void {
    this.set.unshift({ since, ahead });
  }

  /** What it showed at a moment, both in ms since 1970. */
  shows(ms: number): number {
    return ms + (this.set.find(({ since }) => since <= ms)?.ahead ?? 0);
  }

  /** An answer of the server, each time in it as this clock showed it. */
  written(answer: Buffer): Buffer {
    const text = answer
      .toString('latin1')
      .replaceAll(
        TIME,
        (_, time: string) => `"${new Date(this.shows(Date.parse(`${time}Z`))).toISOString().slice(0, 19)}"`,
      );
    return Buffer.from(text, 'latin1');
  }

  /** The same for its Date. */
  dated(date: string): string {
    return new Date(this.shows(Date.parse(date))).toUTCString();
  }
}
