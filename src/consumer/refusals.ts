/**
 * refusals: what a server's refusals mean for its lists and for the rest of the run.
 *
 * A wrong setting refuses every list, a bad list only itself. So a list that was refused with 400 goes to DONE/Bad
 * only if the same server accepted another one in the same run, which is known at its end; until then it waits.
 */
import { droppedLineComment, formatBadList, type BadTransfer } from '../lists/badList.js';
import type { Transfer } from '../lists/list.js';
import { freeName } from '../lists/names.js';
import type { Refusal } from '../rules/submission.js';
import { at, type Step } from '../lists/transition.js';
import * as listRows from '../database/listRows.js';
import type { Attempt } from './attempt.js';
import type { Candidate } from './candidate.js';
import type { Run } from '../run/program.js';
import type { Servers } from '../servers/servers.js';

/** A server that refuses this many lists and accepts none refuses them all: it gets no more in this run. */
const REFUSALS_BEFORE_LEAVING_OUT = 5;

export class Refusals {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly accepted = new Set<string>();
  private readonly refused: { readonly attempt: Attempt; readonly message: string }[] = [];
  private readonly banned = new Set<string>();

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
  }

  /** The server takes lists: what it refuses is bad in itself. */
  sawAccepted(endpoint: string): void {
    this.accepted.add(endpoint);
  }

  hasAccepted(endpoint: string): boolean {
    return this.accepted.has(endpoint);
  }

  /** Was this list refused for itself, so that it waits for what becomes of others? */
  hasRefused(list: string): boolean {
    return this.refused.some(({ attempt }) => attempt.candidate.name === list);
  }

  /** A storage of this list that is banned, so that its POST would be refused; null when there is none. */
  bannedStorage(candidate: Candidate): string | null {
    if (this.banned.size === 0) return null;
    return storagesOf(candidate.parsed.transfers).find((storage) => this.banned.has(storage)) ?? null;
  }

  /** True: the list is free and may go to another server in this run. */
  refuse(attempt: Attempt, why: Refusal, message: string, free: boolean): boolean {
    const { session } = attempt;
    switch (why) {
      case 'banned':
        for (const storage of bannedIn(message)) this.banned.add(storage);
        return this.waits(attempt, message);
      case 'destination in use':
        return this.waits(attempt, 'another transfer is writing to one of its destinations');
      case 'unauthorised':
      case 'undelegated':
      case 'busy':
        this.servers.leaveOut(session.endpoint, message);
        return free || this.needsPerson(attempt, message, free);
      case 'bad request':
        if (!free) return this.needsPerson(attempt, message, free);
        this.remember(attempt, message);
        return false;
      case 'other':
        return this.needsPerson(attempt, message, free);
    }
  }

  /** At the end of the run: the lists that were refused with 400. */
  settle(): void {
    for (const { attempt, message } of this.refused) {
      const { candidate, session } = attempt;
      if (this.accepted.has(session.endpoint)) {
        this.toBad(attempt, message);
        continue;
      }
      this.run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
      this.run.summary.person(
        `Cannot submit list "${candidate.name}" to ${session.name}: ${message}; it waits in TODO, as ${session.name} accepted no other list in this run: check [job] and [[route]] in the settings`,
      );
    }
  }

  private remember(attempt: Attempt, message: string): void {
    this.refused.push({ attempt, message });
    const { endpoint } = attempt.session;
    const count = this.refused.filter((other) => other.attempt.session.endpoint === endpoint).length;
    if (count >= REFUSALS_BEFORE_LEAVING_OUT && !this.accepted.has(endpoint))
      this.servers.leaveOut(endpoint, `it refused ${count} lists and accepted none: ${message}`);
  }

  private waits({ candidate, session }: Attempt, why: string): false {
    this.run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
    this.run.summary.warn(`List "${candidate.name}" waits in TODO: ${why}`);
    return false;
  }

  private needsPerson({ candidate, session }: Attempt, message: string, free: boolean): false {
    const earlier = free ? '' : '; the answer to an earlier POST was lost, so it stays with this server';
    this.run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
    this.run.summary.person(
      `Cannot submit list "${candidate.name}" to ${session.name}: ${message}${earlier}; it waits in TODO`,
    );
    return false;
  }

  /** Every transfer of it to DONE/Bad, under FTS's own words. */
  private toBad(attempt: Attempt, message: string): void {
    const { candidate, session, row } = attempt;
    const { name } = candidate;
    const now = this.run.now();
    const bad: BadTransfer[] = candidate.parsed.transfers.map((transfer) => ({
      transfer,
      class: 'config',
      meaning: 'FTS refused the submission',
      reason: message,
      server: session.name,
      jobId: row.jobId,
      at: now,
    }));
    const target = at(
      'DONE/Bad',
      freeName(name, (wanted) => this.run.spool.exists('DONE/Bad', wanted)),
    );
    const steps: Step[] = [
      {
        op: 'place',
        path: target,
        content: formatBadList(
          candidate.parsed.origin,
          [...bad, ...candidate.unfit],
          [...candidate.unreadable, ...candidate.parsed.duplicates.map(droppedLineComment)],
        ),
      },
      { op: 'remove', path: at('TODO', name), sha256: candidate.sha256 },
    ];
    this.run.journal.carry([{ list: name, steps }], () => {
      listRows.setState(this.run.books.db, name, 'SETTLED', now.getTime());
    });
    this.run.summary.list({ list: name, action: 'bad', server: session.name, to: [target] }, bad.length);
    this.run.summary.bad(bad.length);
    this.run.summary.warn(
      `Moved list "${name}" to DONE/Bad: ${session.name} refused it (${message}) and accepted others`,
    );
  }
}

/** `scheme://host`, as FTS names a storage in "… is banned". */
const storageOf = (url: string): string => /^[a-z][a-z0-9+.-]*:\/\/[^/:?#]+/i.exec(url)?.[0].toLowerCase() ?? url;

/** The storages that FTS names: `403 Forbidden, "gsiftp://host is banned"`. */
function bannedIn(message: string): string[] {
  return [...message.matchAll(/([a-z][a-z0-9+.-]*:\/\/\S+) is banned/gi)].map((found) => storageOf(found[1] ?? ''));
}

const storagesOf = (transfers: readonly Transfer[]): string[] => [
  ...new Set(transfers.flatMap(({ source, destination }) => [storageOf(source), storageOf(destination)])),
];
