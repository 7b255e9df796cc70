/**
 * starts: two programs that begin at the same instant, many times over, and what their log says of it.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const STARTER = fileURLToPath(new URL('../support/leaseStarter.js', import.meta.url));
const PERIOD_MS = 24;
/** Until both processes are up. */
const HEAD_START_MS = 1500;

export interface Starts {
  /** Rounds in which both were there in time. */
  readonly together: number;
  /** Leases that were held. */
  readonly held: number;
}

/** Two processes, of two hosts or of one, start `rounds` times at once. Throws if both ever held the lease. */
export async function startTogether(rounds: number, hosts: readonly [string, string]): Promise<Starts> {
  const base = temporaryDirectory();
  const log = join(base, 'log');
  fs.writeFileSync(log, '');
  const first = Math.ceil(Date.now()) + HEAD_START_MS;
  const outcomes = await Promise.all(
    hosts.map((host) =>
      run(STARTER, {
        base,
        args: [String(rounds), String(first), String(PERIOD_MS), log],
        env: { C2E_HOST: host },
        timeoutMs: HEAD_START_MS + rounds * PERIOD_MS * 4 + 60_000,
      }),
    ),
  );
  for (const { exit, stderr } of outcomes) assert.equal(exit, 0, stderr);
  const late = outcomes.reduce((sum, { stdout }) => sum + Number(stdout), 0);
  return { together: Math.max(0, rounds - late), held: heldOnceAtATime(fs.readFileSync(log, 'utf8')) };
}

/** How many leases a log tells of. Each must end before the next begins, under a higher number. */
export function heldOnceAtATime(log: string): number {
  const lines = log.split('\n').slice(0, -1);
  let last = 0;
  for (let index = 0; index < lines.length; index += 2) {
    const number = Number(lines[index]?.replace('in ', ''));
    assert.deepEqual(lines.slice(index, index + 2), [`in ${number}`, `out ${number}`], `line ${index + 1} of the log`);
    assert.ok(number > last, `lease ${number} was held after ${last}`);
    last = number;
  }
  return lines.length / 2;
}
