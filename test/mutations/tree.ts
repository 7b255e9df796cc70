/**
 * tree: a copy of the built project, in which a program may be mutated and the tests run.
 *
 * The working tree itself is never changed; the installed packages are linked to, not copied.
 */
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { mutated } from './table.js';
import type { Mutation } from './mutation.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const NOT_COPIED = ['.git', 'node_modules', '.lease', 'sqlite_c2e.db'];

/** A test that takes longer than this hangs; a mutation may well make a program do that. */
const LONGEST_MS = 180_000;

export interface TestRun {
  readonly red: boolean;
  readonly passed: number;
  readonly output: string;
}

export class Tree {
  private readonly root = join(temporaryDirectory(), 'tree');

  constructor() {
    cpSync(PROJECT, this.root, { recursive: true, filter: (path) => !NOT_COPIED.includes(basename(path)) });
    symlinkSync(realpathSync(join(PROJECT, 'node_modules')), join(this.root, 'node_modules'));
  }

  /** Does something while the program is wrong, and mends it. Throws when the mutation is no JavaScript. */
  async with<Result>(mutation: Mutation, act: () => Promise<Result>): Promise<Result> {
    const file = join(this.root, 'dist', mutation.file);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, mutated(text, mutation));
    try {
      const parsed = await this.node(['--check', file]);
      if (parsed.exit !== 0) throw new Error(`"${mutation.name}" is no program: ${parsed.output}`);
      return await act();
    } finally {
      writeFileSync(file, text);
    }
  }

  /** Runs one test file, or those of its tests whose name holds `name`. */
  async test(file: string, name?: string): Promise<TestRun> {
    const only = name === undefined ? [] : ['--test-name-pattern', name.replaceAll(/[^\w\s]/g, '\\$&')];
    const path = join(this.root, 'build', `${file}.test.js`);
    // A test that fails leaves servers behind, and would wait for them for ever.
    const { exit, output } = await this.node(['--test', '--test-force-exit', '--test-reporter=tap', ...only, path]);
    return { red: exit !== 0, passed: Number(/^# pass (\d+)/m.exec(output)?.[1] ?? 0), output };
  }

  private async node(args: readonly string[]): Promise<{ exit: number | null; output: string }> {
    const child = spawn(process.execPath, args, { cwd: this.root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
    // Its children too: a mutated program may hang.
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), LONGEST_MS);
    const exit = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    clearTimeout(timer);
    return { exit, output };
  }
}
