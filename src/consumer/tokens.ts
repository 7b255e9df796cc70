/**
 * tokens: the tokens of storages that the lists of a route are sent with.
 *
 * Each file is read once a run. Whatever keeps a route's tokens from being sent (no file, no JWT, its end, an exchange
 * that was refused, a login with a proxy) keeps its lists in TODO and is said once; the other routes go on. Of a token
 * nothing is ever said but its file, its end and FTS's id of it.
 */
import type { StorageToken } from '../fts3/index.js';
import { wantedMs } from '../rules/tokens.js';
import type { Run } from '../run/program.js';
import { tokensOfRoute, type TokenPair } from '../servers/routeTokens.js';
import { jobOf, titleOf, type Route } from '../settings/route.js';
import { duration } from '../text/words.js';
import type { Candidate } from './candidate.js';

type Found = { readonly pair: TokenPair } | { readonly why: string };

export class RouteTokens {
  private readonly run: Run;
  private readonly found = new Map<Route, Found>();
  private readonly shown = new Set<Route>();

  constructor(run: Run) {
    this.run = run;
  }

  /** Null: its route has none, or they must not be sent. */
  pairOf({ route }: Pick<Candidate, 'route'>): TokenPair | null {
    const found = this.look(route);
    return found !== null && 'pair' in found ? found.pair : null;
  }

  /** Must its list wait for another token? */
  mustWait({ route }: Pick<Candidate, 'route'>): boolean {
    const found = this.look(route);
    return found !== null && 'why' in found;
  }

  /** As `mustWait`, and the list is reported. */
  keepsBack(candidate: Candidate): boolean {
    if (!this.mustWait(candidate)) return false;
    this.run.summary.list({ list: candidate.name, action: 'waiting' });
    return true;
  }

  /** Nothing of this route is sent any more in this run. */
  setAside({ route }: Pick<Candidate, 'route'>, why: string): void {
    if (route !== null && !this.mustWait({ route })) this.found.set(route, this.said(route, why));
  }

  /** For a dry run: that tokens would be sent. */
  show({ route }: Pick<Candidate, 'route'>): void {
    const pair = this.pairOf({ route });
    if (route === null || pair === null || this.shown.has(route)) return;
    this.shown.add(route);
    const [source, destination] = [pair.source, pair.destination].map(
      ({ path: file, expires }) => `the token in ${file} (until ${expires.toISOString()})`,
    );
    this.run.summary.note(
      `route ${titleOf(route)}: with each file FTS would be sent ${source} for its source, ${destination} for its destination`,
    );
  }

  private look(route: Route | null): Found | null {
    const known = route === null ? undefined : this.found.get(route);
    if (known !== undefined) return known;
    const found = tokensOfRoute(this.run, route);
    if (route === null || found === null) return null;
    if ('why' in found) this.said(route, found.why);
    else this.warnOfEnds(route, [found.pair.source, found.pair.destination]);
    this.found.set(route, found);
    return found;
  }

  private said(route: Route, why: string): Found {
    this.run.summary.needsAttention(`The lists of route ${titleOf(route)} wait in TODO: ${why}`);
    return { why };
  }

  /** It is sent all the same: most jobs are quicker. */
  private warnOfEnds(route: Route, tokens: readonly StorageToken[]): void {
    const now = this.run.now().getTime();
    const short = tokens.filter(
      ({ expires, scopes }) => expires.getTime() - now < wantedMs(scopes, jobOf(this.run.settings, route)),
    );
    for (const { path: file, expires, scopes } of new Map(short.map((token) => [token.id, token])).values())
      this.run.summary.warn(
        `The token "${file}" of route ${titleOf(route)} has ${duration(expires.getTime() - now)} left: it ends before its jobs can, which may take ${duration(wantedMs(scopes, jobOf(this.run.settings, route)))}; get one that lasts longer, or one with offline_access, which FTS renews`,
      );
  }
}
