/** progress: a line on a terminal that is written over and taken away, and nothing in a pipe. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../dist/run/progress.js';

function shown(columns: number | null, act: (progress: Progress, pass: (ms: number) => void) => void): string[] {
  const drawn: string[] = [];
  let now = 1000;
  const progress = new Progress(
    (text) => drawn.push(text),
    () => columns,
    () => now,
  );
  act(progress, (ms) => (now += ms));
  return drawn;
}

const reading = (progress: Progress, pass: (ms: number) => void): void => {
  progress.begin({ what: 'reading the dump', unit: 'lines' });
  progress.reach(10, 0.01);
  pass(100);
  progress.reach(20, 0.02);
  pass(9900);
  progress.reach(1_000_000, 0.25);
  pass(5000);
  progress.reach(1_500_000, null);
  progress.end();
  progress.end();
};

test('what, how many, how fast and how long still, and at the end nothing', () => {
  assert.deepEqual(shown(80, reading), [
    '\rreading the dump: 10 lines, 1 %\x1b[K',
    '\rreading the dump: 1,000,000 lines, 25 %, 100,000/s, 30 s left\x1b[K',
    '\rreading the dump: 1,500,000 lines, 100,000/s\x1b[K',
    '\r\x1b[K',
  ]);
});

test('it is no longer than the terminal is wide', () => {
  assert.ok(shown(20, reading).every((text) => text.replace(/[\r]|\x1b\[K/g, '').length < 20));
});

test('nothing where there is no terminal', () => {
  assert.deepEqual(shown(null, reading), []);
});
