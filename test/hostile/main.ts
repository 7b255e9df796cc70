/**
 * main: the tests of hostile input once more, each property ten times as often, with `--nightly` a hundred times.
 *
 * Prints how many inputs were tried; a test that fails is printed. Exit status 1 if any failed.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HOSTILE_TIMES = process.argv.includes('--nightly') ? '100' : '10';
const here = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith('.test.js'));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const env = { ...process.env, HOSTILE_TIMES };
let [inputs, failures] = [0, 0];

const args = ['--test', '--test-reporter=tap', ...files.map((name) => `${here}${name}`)];
const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
for await (const line of createInterface(child.stdout)) {
  const [, number, what] = /^\s*# (\d+) inputs: (.*)$/.exec(line) ?? [];
  const failed = /^\s*not ok \d+ - (.*)$/.exec(line)?.[1];
  if (number !== undefined) say(`${number} inputs  ${what}`);
  if (failed !== undefined) say(`FAILED  ${failed}`);
  inputs += Number(number ?? 0);
  failures += failed === undefined ? 0 : 1;
}
if ((await ended) !== 0 && failures === 0) say(`FAILED  the tests ended with ${await ended}`);
say(`${inputs} were tried`);
process.exitCode = (await ended) === 0 ? 0 : 1;
