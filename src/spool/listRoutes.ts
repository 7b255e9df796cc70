/**
 * listRoutes: by which routes lists were cut, as they say in their heads.
 */
import { readHead } from '../lists/scanList.js';
import type { Place } from '../lists/transition.js';
import type { Spool } from './spool.js';

/** Undefined: it names none, or cannot be read. */
function routeIn(spool: Spool, place: Place, list: string): string | undefined {
  const read = spool.read(place, list);
  return 'bytes' in read ? readHead(read.bytes).origin.route : undefined;
}

/** How many lists each of them has in a place; undefined: those that name none. All are read. */
export function countRoutes(spool: Spool, place: Place): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const list of spool.listing(place).lists) {
    const route = routeIn(spool, place, list);
    counts.set(route, (counts.get(route) ?? 0) + 1);
  }
  return counts;
}
