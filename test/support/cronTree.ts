/**
 * cronTree: a copy of the shipped cron scripts in a directory with blanks in its path, with stand-ins for the programs.
 *
 * A stand-in appends what it was started with to a file, and ends with a chosen status.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './temporaryDirectory.js';

const SHIPPED = fileURLToPath(new URL('../../cronjobs', import.meta.url));

export interface Start {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface CronTree {
  /** The directory that stands for the checkout. */
  readonly toolkit: string;
  /** The path of a script. */
  script(name: string): string;
  /** Lets a program end with this status from now on, or hang until it is killed. */
  ends(program: string, how: number | 'never'): void;
  /** Starts a script (or any command) and waits for it. */
  run(
    script: string,
    options?: { args?: string[]; env?: Record<string, string>; cwd?: string },
  ): {
    exit: number | null;
    stdout: string;
    stderr: string;
  };
  /** What was started since the last look, in order. */
  started(): Start[];
}

const STAND_IN = `
const { appendFileSync } = require('node:fs');
const { argv, env } = process;
appendFileSync(__dirname + '/started', JSON.stringify({ program: PROGRAM, args: argv.slice(2), cwd: process.cwd(), env }) + '\\n');
`;

export function cronTree(): CronTree {
  const toolkit = join(temporaryDirectory(), 'the tool  kit');
  const dist = join(toolkit, 'dist');
  const log = join(dist, 'started');
  fs.mkdirSync(dist, { recursive: true });
  fs.cpSync(SHIPPED, join(toolkit, 'cronjobs'), { recursive: true });
  // A person's own environment, in the checkout where the tests run, is not part of what ships.
  fs.rmSync(join(toolkit, 'cronjobs', 'environment'), { force: true });
  const tree: CronTree = {
    toolkit,
    script: (name) => join(toolkit, 'cronjobs', name),
    ends(program, how) {
      const end = how === 'never' ? 'setInterval(() => {}, 1000);' : `process.exitCode = ${how};`;
      const source = STAND_IN.replace('PROGRAM', JSON.stringify(program));
      fs.writeFileSync(join(dist, `${program}.js`), source + end);
    },
    run(script, { args = [], env = {}, cwd = toolkit } = {}) {
      const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;
      const given = { cwd, env: { PATH, HOME: toolkit, ...env }, encoding: 'utf8', timeout: 30_000 } as const;
      const { status, stdout, stderr, error } = spawnSync(script, args, given);
      if (error !== undefined) throw error;
      return { exit: status, stdout, stderr };
    },
    started() {
      const text = fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '';
      fs.rmSync(log, { force: true });
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Start]));
    },
  };
  for (const program of ['producer', 'consumer', 'monitor']) tree.ends(program, 0);
  return tree;
}
