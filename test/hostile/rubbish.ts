/**
 * rubbish: what the tests of this directory throw at the programs, and what none of it may lead to.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import type { Outcome } from '../support/runProgram.js';

/** Clears a terminal, forges a line, turns the writing round, ends a string early. */
export const EVIL = '\u001b[2J\u009b31m\r\nforged\u2028line\u202e\u0007\u0000 ../../../etc/passwd "\\';

/** Anything of EVIL that a terminal would obey, or that begins a new line. */
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|^forged/m;

/** How often a property is tried: a few times, and with HOSTILE_TIMES as many times as often. */
export const times = (few: number): number => few * Number(process.env['HOSTILE_TIMES'] ?? 1);

/** Says in the report of a test how many inputs it has tried, for the count of `npm run prove`. */
export function tried(t: Pick<TestContext, 'diagnostic'>, inputs: number, what: string): void {
  t.diagnostic(`${inputs} inputs: ${what}`);
}

/** A run may fail, but not by a bug, and it says nothing that a terminal would obey. */
export function fellOnItsFeet(
  { exit, signal, stdout, stderr }: Outcome,
  exits: readonly number[] = [0, 3, 4, 5],
): void {
  const said = `${stdout}${stderr}`;
  assert.equal(signal, null, said);
  assert.ok(exits.includes(exit ?? -1), `ended with ${exit}:\n${said}`);
  assert.doesNotMatch(said, /\n {4}at .*:\d+:\d+|a bug/, 'no stack');
  assert.doesNotMatch(said, RAW);
}

/** No list and no line of the log holds anything that a terminal would obey; every name is that of a list of ours. */
export function nothingRaw(base: string): void {
  for (const place of ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
    for (const entry of readdirSync(join(base, place), { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      assert.doesNotMatch(readFileSync(join(base, place, entry.name), 'utf8'), RAW, `${place}/${entry.name}`);
      assert.doesNotMatch(entry.name, RAW);
    }
  const log = join(base, 'castor2echo.log');
  if (existsSync(log)) assert.doesNotMatch(readFileSync(log, 'utf8'), RAW);
}
