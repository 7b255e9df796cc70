/**
 * bans: the storages that take no transfers, /ban/se.
 *
 * CANCEL refuses submissions with 403, WAIT takes them and holds their files (ON_HOLD) until the ban is lifted. Only
 * callers with the production role may look at or change them.
 */
import { badRequest, empty, json, Refusal } from '../protocol/answer.js';
import type { Answer } from '../protocol/answer.js';
import type { Caller } from '../protocol/identity.js';
import { mayConfigure } from '../protocol/identity.js';
import type { Json } from '../protocol/parameters.js';
import type { JobTable } from './jobs.js';
import type { BanStatus } from '../protocol/submission.js';
import { time } from './views.js';

interface Ban {
  readonly status: BanStatus;
  readonly vo: string;
  readonly by: string;
  readonly message: string;
  readonly since: number;
}

export class Bans {
  private readonly bans = new Map<string, Ban>();

  status(storage: string): BanStatus | undefined {
    return this.bans.get(storage)?.status;
  }

  ban(storage: string, status: BanStatus, now: number, by = '', vo = '', message = ''): void {
    this.bans.set(storage, { status, vo, by, message, since: now });
  }

  unban(storage: string): void {
    this.bans.delete(storage);
  }

  list(caller: Caller): Answer {
    permit(caller);
    const entries = [...this.bans].map(([se, { status, vo, by, message, since }]) => ({
      se,
      vo,
      admin_dn: by,
      message,
      addition_time: time(since),
      status,
    }));
    return json(entries);
  }

  /** Answers the jobs that the ban has met: with WAIT it holds what is in their queue, with CANCEL it cancels their files. */
  post(caller: Caller, body: Json, now: number, table: JobTable): Answer {
    permit(caller);
    const { storage, status, message } = body;
    if (typeof storage !== 'string' || storage === '') throw badRequest('Missing storage parameter');
    const wait = typeof status === 'string' && status.toUpperCase() === 'WAIT';
    this.ban(
      storage,
      wait ? 'WAIT' : 'CANCEL',
      now,
      caller.userDn,
      caller.vo,
      typeof message === 'string' ? message : '',
    );
    return json(wait ? table.hold(storage, now) : table.cancelStorage(storage, now));
  }

  delete(caller: Caller, storage: string | null): Answer {
    permit(caller);
    if (storage === null) throw badRequest('Missing storage parameter');
    this.unban(storage);
    return empty(204);
  }
}

function permit(caller: Caller): void {
  if (!mayConfigure(caller)) throw new Refusal(403, 'Not enough permissions');
}
