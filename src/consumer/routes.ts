/**
 * routes: how many lists of a route may be in DOING.
 *
 * A list says in its head by which route it was cut, and keeps that through splits and retries.
 */
import { readHead } from '../lists/scanList.js';
import type { Run } from '../run/program.js';
import { routeNamed, type Route } from '../settings/route.js';
import type { Spool } from '../spool/spool.js';
import { plural } from '../text/words.js';
import type { Candidate } from './candidate.js';

/** How many more lists of each route may go to DOING in this run. */
export class RouteRooms {
  private readonly left = new Map<Route, number>();
  private readonly waiting = new Map<Route, number>();

  /** The lists in DOING are read only where a route has a limit. */
  constructor({ settings, spool }: Pick<Run, 'settings' | 'spool'>, doing: ReadonlySet<string>) {
    for (const route of settings.route) if (route.max_doing !== undefined) this.left.set(route, route.max_doing);
    if (this.left.size === 0) return;
    for (const name of doing) {
      const route = routeNamed(settings.route, routeIn(spool, name));
      if (route !== null) this.add(route, -1);
    }
  }

  /** False: it waits. */
  take({ route }: Candidate): boolean {
    const left = route === null ? undefined : this.left.get(route);
    if (route === null || left === undefined) return true;
    if (left > 0) this.add(route, -1);
    else this.waiting.set(route, (this.waiting.get(route) ?? 0) + 1);
    return left > 0;
  }

  /** FTS has not got it after all. */
  giveBack({ route }: Candidate): void {
    if (route !== null) this.add(route, 1);
  }

  tell({ summary }: Run): void {
    for (const [{ name = '', max_doing: most = 0 }, lists] of this.waiting)
      summary.note(`${plural(lists, 'list')} of route "${name}" wait in TODO: its max_doing of ${most} is reached`);
  }

  private add(route: Route, lists: number): void {
    const left = this.left.get(route);
    if (left !== undefined) this.left.set(route, left + lists);
  }
}

function routeIn(spool: Spool, name: string): string | undefined {
  const read = spool.read('DOING', name);
  return 'bytes' in read ? readHead(read.bytes).origin.route : undefined;
}
