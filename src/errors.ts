/**
 * errors: the troubles that end a run, each with its exit status.
 *
 * What FTS says of a job is a value; what stands here means that the world is broken. Anything thrown that is
 * neither of these classes nor one of the FTS3 client's is a bug: its stack is printed and the run ends with 1.
 */

/** Exit statuses, as `--help` and the README list them. */
export const EXIT = { ok: 0, bug: 1, usage: 2, person: 3, spool: 4, noServer: 5, leaseHeld: 6 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** A trouble that ends the run. Its message says what happened, to what, and what to do next. */
export abstract class Trouble extends Error {
  abstract readonly exit: Exit;
}

/** A wrong option or setting. */
export class UsageError extends Trouble {
  override name = 'UsageError';
  readonly exit = EXIT.usage;
}

/** The spool or the database is unusable: missing directory, full disk, missing or damaged database. */
export class SpoolError extends Trouble {
  override name = 'SpoolError';
  readonly exit = EXIT.spool;
}

/** No FTS server is usable: unreachable, not authorised, no valid credential. */
export class NoServerError extends Trouble {
  override name = 'NoServerError';
  readonly exit = EXIT.noServer;
}

/** Another run holds the lease, or has taken ours. */
export class LeaseError extends Trouble {
  override name = 'LeaseError';
  readonly exit = EXIT.leaseHeld;
}

/** What is wrong with one list alone: it stays where it is and is named, the others go on. The message says the cure. */
export class ListTrouble extends Trouble {
  override name = 'ListTrouble';
  readonly exit = EXIT.person;
}

/** The process ends with this status; should it end before that is known, something was forgotten: that is a bug. */
export function endWith(ended: Promise<number>): void {
  process.exitCode = EXIT.bug;
  void ended.then((exit) => (process.exitCode = exit));
}

/** With several statuses in one run, the one that ends it: 1, 2, 4, 6, 5, 3 in this order, else 0. */
export function worst(statuses: readonly Exit[]): Exit {
  const order: readonly Exit[] = [EXIT.bug, EXIT.usage, EXIT.spool, EXIT.leaseHeld, EXIT.noServer, EXIT.person];
  return order.find((exit) => statuses.includes(exit)) ?? EXIT.ok;
}
