/**
 * exchanges: what becomes of the tokens that come with submissions: FTS exchanges each once, before its files may
 * begin.
 *
 * As seen on FTS 3.13: a file waits in TOKEN_PREP until that is done, within half a minute; a later job with the same
 * token begins at once. One whose exchange was refused is tried again after ten minutes, and what is sent with it waits
 * so long.
 */
import { tokenId } from '../protocol/tokens.js';

/** When it is over; and in FTS's words why it failed. */
export interface Exchange {
  readonly at: number;
  readonly reason: string | null;
}

const SECONDS = 12;
const AGAIN_SECONDS = 600;

export class Exchanges {
  private readonly known = new Map<string, Exchange>();
  private readonly refused = new Map<string, string>();

  refuse(token: string, why: string): void {
    this.refused.set(tokenId(token), why);
  }

  /** A job with these tokens is accepted. `seconds`: 0 as FTS does. */
  begin(tokens: readonly string[], now: number, seconds: number, scale: number): void {
    for (const id of new Set(tokens.map(tokenId))) {
      const before = this.known.get(id);
      const why = this.refused.get(id);
      if (before !== undefined && (before.reason === null || before.at > now)) continue;
      const first = now + ((seconds || SECONDS) * 1000) / scale;
      const at = before === undefined ? first : Math.max(first, before.at + (AGAIN_SECONDS * 1000) / scale);
      // FTS says "source" whichever it was.
      const reason = why === undefined ? null : `Failed to get refresh token for source token: ${why}`;
      this.known.set(id, { at, reason });
    }
  }

  /** How the exchange of the tokens of a file ends. */
  exchangeFor({ source, destination }: { readonly source: string; readonly destination: string }): Exchange {
    const both = [source, destination].flatMap((token) => this.known.get(tokenId(token)) ?? []);
    const failed = both.find(({ reason }) => reason !== null);
    return failed ?? { at: Math.max(0, ...both.map(({ at }) => at)), reason: null };
  }
}
