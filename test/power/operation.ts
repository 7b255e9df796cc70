/**
 * operation: what a program did to the disk, as the recorder has written it down, in order.
 *
 * Paths are relative to the base directory, which is ''. Left out are the lease and the log: of the one a power cut
 * leaves nothing that matters, as its holder's boot is over, and the other promises nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Operation =
  /** A file that was not there, still empty. */
  | { readonly op: 'create'; readonly path: string }
  /** All that stands in a file after a write; its bytes as latin1. */
  | { readonly op: 'content'; readonly path: string; readonly content: string }
  | { readonly op: 'mkdir' | 'fsync' | 'unlink'; readonly path: string }
  | { readonly op: 'rename'; readonly from: string; readonly to: string }
  /** A commit that has returned; `copy` is the database then, a file in the directory of the record. */
  | { readonly op: 'commit'; readonly copy: string }
  /** A submission or cancellation whose bytes are on their way. */
  | { readonly op: 'request'; readonly origin: string }
  /** A call that the recorder does not know how to describe. */
  | { readonly op: 'unknown'; readonly call: string };

export const LOG = 'operations';

const NOT_OURS = /^(\.lease(\/|$)|castor2echo\.log)/;

/** The operations in the directory of a record. Throws when a program did something that is not modelled. */
export function readOperations(record: string): Operation[] {
  const lines = readFileSync(join(record, LOG), 'utf8').trimEnd().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Operation);
  const unknown = all.find((operation) => operation.op === 'unknown');
  if (unknown !== undefined) throw new Error(`The model of the disk lacks a call: ${unknown.call}`);
  return all.filter((operation) => {
    if (operation.op === 'rename') return !NOT_OURS.test(operation.from);
    return !('path' in operation) || !NOT_OURS.test(operation.path);
  });
}

/** One operation, for a failure. */
export function inShort(operation: Operation): string {
  switch (operation.op) {
    case 'rename':
      return `rename ${operation.from} to ${operation.to}`;
    case 'commit':
    case 'unknown':
      return operation.op;
    case 'request':
      return `request to ${operation.origin}`;
    case 'create':
    case 'content':
    case 'mkdir':
    case 'fsync':
    case 'unlink':
      return `${operation.op} ${operation.path || 'the base directory'}`;
  }
}
