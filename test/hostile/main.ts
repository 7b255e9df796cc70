/**
 * main: the hostile inputs, ten times as many as in the tests; with `--nightly` two hundred times.
 *
 * Runs the tests of this directory, each file in a process of its own, and prints how many inputs each has tried. What a failing
 * one says, with fast-check's seed, is printed. Exit status 1 if any failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { temporaryDirectory } from '../support/temporaryDirectory.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TRIES = process.argv.includes('--nightly') ? '200' : '10';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const open = readdirSync(HERE).filter((name) => name.endsWith('.test.js'));
let failures = 0;

async function play(name: string): Promise<void> {
  const TRIED = join(temporaryDirectory(), 'tried');
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', join(HERE, name)], {
    env: { ...process.env, TRIES, TRIED },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const exit = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const counts = existsSync(TRIED) ? readFileSync(TRIED, 'utf8').trimEnd().split('\n').map(Number) : [];
  say(`${counts.reduce((sum, count) => sum + count, 0)} inputs  ${name}`);
  if (exit === 0) return;
  failures += 1;
  say(`FAILED  ${name} ended with ${exit}\n${output}`);
}

async function worker(): Promise<void> {
  for (let name = open.shift(); name !== undefined; name = open.shift()) await play(name);
}

await Promise.all(Array.from({ length: availableParallelism() }, worker));
process.exitCode = failures === 0 ? 0 : 1;
