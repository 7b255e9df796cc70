import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLog, type Log, type LogOptions } from '../../dist/run/log.js';
import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const ROTATE_AT_BYTES = 10_000_000;

/** A log whose lines for people are collected. */
function open(base: string | null, options: Partial<LogOptions> = {}): { log: Log; said: string[] } {
  const said: string[] = [];
  const stderr = (line: string) => void said.push(line);
  return { log: openLog({ base, program: 'monitor', verbose: false, stderr, ...options }), said };
}

function records(base: string): Record<string, unknown>[] {
  const lines = fs.readFileSync(join(base, 'castor2echo.log'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('each line says when, what, which program, which process, under which lease', () => {
  const base = temporaryDirectory();
  const { log } = open(base, { lease: 12 });
  log.info('moved', { list: 'FTSList-1.txt', rule: 2 });
  log.close();
  const [record = {}] = records(base);
  const { time, ...rest } = record;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const expected = { level: 'info', program: 'monitor', pid: process.pid, lease: 12, msg: 'moved' };
  assert.deepEqual(rest, { ...expected, list: 'FTSList-1.txt', rule: 2 });
});

test('a line that was written outlives kill -9', async () => {
  const base = temporaryDirectory();
  const script = fileURLToPath(new URL('../support/logScript.js', import.meta.url));
  assert.equal((await run(script, { base })).signal, 'SIGKILL');
  assert.equal(records(base)[0]?.['msg'], 'the last words');
});

test('what is said at once stands in the file when it is over, in its order, also when it ended badly', () => {
  const base = temporaryDirectory();
  const { log } = open(base);
  log.info('before');
  const say = () => {
    log.info('one');
    log.warn('two');
    assert.equal(records(base).length, 1);
    throw new Error('ended badly');
  };
  assert.throws(() => log.atOnce(say), /ended badly/);
  log.info('after');
  log.close();
  assert.deepEqual(
    records(base).map((record) => record['msg']),
    ['before', 'one', 'two', 'after'],
  );
});

test('warnings and errors go to stderr too, the rest with verbose only', () => {
  const speak = (log: Log) => {
    log.info('an info');
    log.warn('a warning');
    log.error('an error');
    log.close();
  };
  const [plain, verbose] = [open(null), open(null, { verbose: true })];
  speak(plain.log);
  speak(verbose.log);
  assert.deepEqual(plain.said, ['a warning', 'an error']);
  assert.deepEqual(verbose.said, ['an info', 'a warning', 'an error']);
});

test('without a base directory nothing is written', () => {
  const before = process.cwd();
  process.chdir(temporaryDirectory());
  try {
    const { log } = open(null);
    log.error('an error');
    log.close();
    assert.deepEqual(fs.readdirSync('.'), []);
  } finally {
    process.chdir(before);
  }
});

test('a line for a terminal is one line and cannot command it', () => {
  const { log, said } = open(null);
  log.warn('a\r\nb\x1b[31m\x00\x7f\u009b \u2028 \u202etxt.exe é ✓');
  assert.deepEqual(said, ['a\\x0d\\x0ab\\x1b[31m\\x00\\x7f\\x9b \\u{2028} \\u{202e}txt.exe é ✓']);
});

test('the file is for its owner and its group', () => {
  const base = temporaryDirectory();
  const mask = process.umask(0);
  try {
    open(base).log.close();
  } finally {
    process.umask(mask);
  }
  assert.equal(fs.statSync(join(base, 'castor2echo.log')).mode & 0o777, 0o640);
});

const UNUSABLE: readonly [string, (path: string) => void, RegExp][] = [
  ['is a directory', (path) => fs.mkdirSync(path), /EISDIR/],
  ['is on a full disk', (path) => fs.symlinkSync('/dev/full', path), /ENOSPC/],
  ['is a link to nowhere', (path) => fs.symlinkSync('/dev/null/nothing', path), /ENOTDIR/],
  ['is a named pipe without a reader', (path) => void execFileSync('mkfifo', [path]), /named pipe/],
];

for (const [what, make, why] of UNUSABLE) {
  test(`a log that ${what} is said once, and fails nothing`, () => {
    const base = temporaryDirectory();
    make(join(base, 'castor2echo.log'));
    const { log, said } = open(base);
    log.info('one');
    log.info('two');
    log.close();
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /^Cannot write the log ".*castor2echo\.log": /);
    assert.match(said[0] ?? '', why);
  });
}

test('fields that cannot be written as JSON cost the fields, not the message', () => {
  const base = temporaryDirectory();
  const { log, said } = open(base);
  const fields = {
    get broken(): string {
      throw new Error('no');
    },
  };
  log.info('with broken fields', fields);
  log.info('with an integer of any size', { n: 10n });
  log.close();
  assert.deepEqual(
    records(base).map((record) => record['msg']),
    ['with broken fields', 'with an integer of any size'],
  );
  assert.deepEqual(said, []);
});

test('a log of 10 MB is rotated at opening, and five old ones are kept', () => {
  const base = temporaryDirectory();
  const path = (suffix: string) => join(base, `castor2echo.log${suffix}`);
  for (const number of [1, 2, 3, 4, 5]) fs.writeFileSync(path(`.${number}`), `old ${number}`);
  fs.writeFileSync(path(''), 'x\n');
  fs.truncateSync(path(''), ROTATE_AT_BYTES);
  const { log } = open(base);
  log.info('new');
  log.close();
  assert.equal(records(base).length, 1);
  assert.equal(fs.statSync(path('.1')).size, ROTATE_AT_BYTES);
  const kept = [2, 3, 4, 5].map((number) => fs.readFileSync(path(`.${number}`), 'utf8'));
  assert.deepEqual(kept, ['old 1', 'old 2', 'old 3', 'old 4']);
  assert.equal(fs.readdirSync(base).length, 6);
});

test('a log of less than 10 MB is appended to', () => {
  const base = temporaryDirectory();
  for (const message of ['one', 'two']) {
    const { log } = open(base);
    log.info(message);
    log.close();
  }
  assert.deepEqual(
    records(base).map((record) => record['msg']),
    ['one', 'two'],
  );
  assert.deepEqual(fs.readdirSync(base), ['castor2echo.log']);
});
