/**
 * rooms: how many lists of a route, or with files of a storage, may be in DOING.
 *
 * A list says in its head by which route it was cut, and keeps that through splits and retries; it counts for every
 * storage of which a file is its source or its destination.
 */
import type { Origin } from '../lists/origin.js';
import { scanList, type Pair } from '../lists/scanList.js';
import type { Run } from '../run/program.js';
import { hasFilesOf } from '../settings/storage.js';
import { plural } from '../text/words.js';

interface RoomedList {
  readonly origin: Origin;
  readonly transfers: readonly Pair[];
}

/** What has a `max_doing`. */
interface Room {
  readonly title: string;
  readonly most: number;
  readonly has: (list: RoomedList) => boolean;
  /** How many more of its lists may go to DOING in this run. */
  left: number;
  waiting: number;
}

export class Rooms {
  private readonly rooms: readonly Room[];

  /** The lists in DOING are read only where something has a limit. */
  constructor({ settings, spool }: Pick<Run, 'settings' | 'spool'>, doing: ReadonlySet<string>) {
    this.rooms = [
      ...settings.route.flatMap(({ name = '', max_doing: most }) =>
        most === undefined ? [] : [roomOf(`route "${name}"`, most, ({ origin }) => origin.route === name)],
      ),
      ...settings.storage.flatMap((storage) =>
        storage.max_doing === undefined
          ? []
          : [
              roomOf(`storage "${storage.match}"`, storage.max_doing, ({ transfers }) =>
                hasFilesOf(storage, transfers),
              ),
            ],
      ),
    ];
    if (this.rooms.length === 0) return;
    for (const name of doing) {
      const read = spool.read('DOING', name);
      if ('bytes' in read) for (const room of this.roomsFor(scanList(read.bytes))) room.left -= 1;
    }
  }

  /** False: it waits. */
  take({ parsed }: { readonly parsed: RoomedList }): boolean {
    const rooms = this.roomsFor(parsed);
    const full = rooms.find(({ left }) => left <= 0);
    if (full === undefined) for (const room of rooms) room.left -= 1;
    else full.waiting += 1;
    return full === undefined;
  }

  /** FTS has not got it after all. */
  giveBack({ parsed }: { readonly parsed: RoomedList }): void {
    for (const room of this.roomsFor(parsed)) room.left += 1;
  }

  tell({ summary }: Run): void {
    for (const { title, most, waiting } of this.rooms)
      if (waiting > 0)
        summary.note(`${plural(waiting, 'list')} of ${title} wait in TODO: its max_doing of ${most} is reached`);
  }

  private roomsFor(list: RoomedList): Room[] {
    return this.rooms.filter(({ has }) => has(list));
  }
}

const roomOf = (title: string, most: number, has: Room['has']): Room => ({ title, most, has, left: most, waiting: 0 });
