import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import * as fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { killUntilSurvives, run } from './runProgram.js';
import { temporaryDirectory } from './temporaryDirectory.js';
import { until } from './until.js';

const script = fileURLToPath(new URL('./crashScript.js', import.meta.url));

const ORDER = [
  'openSync BASE/.draft',
  'writeSync BASE/.draft',
  'fsyncSync BASE/.draft',
  'renameSync BASE/.draft -> BASE/list',
  'fsyncSync BASE',
  'writeFileSync BASE/whole',
  'commit CREATE TABLE t (n INTEGER)',
  'commit INSERT INTO t VALUES (?)',
  'commit COMMIT',
  'commit BEGIN; INSERT INTO t VALUES (4); COMMIT',
];

const emptyBase = () => ({ base: temporaryDirectory() });

/** The record of a run, with the base directory as BASE and without the numbers. */
function recorded(base: string): string[] {
  const lines = fs.readFileSync(join(base, 'record'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.replaceAll(base, 'BASE').replace(/^\d+ /, ''));
}

function rows(base: string): number[] {
  if (!fs.existsSync(join(base, 'db'))) return [];
  const database = new Database(join(base, 'db'));
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 't'").get();
    return table === undefined ? [] : (database.prepare('SELECT n FROM t').pluck().all() as number[]);
  } finally {
    database.close();
  }
}

test('the record holds every change in order, also of named imports and of syncs of a directory', async () => {
  const { base } = emptyBase();
  const { exit, stdout, stderr } = await run(script, { base, crash: { record: join(base, 'record') } });
  assert.deepEqual({ exit, stdout, stderr }, { exit: 0, stdout: 'survived\n', stderr: '' });
  assert.deepEqual(recorded(base), ORDER);
});

test('a program killed before its n-th call has made n − 1 of them', async () => {
  const points = await killUntilSurvives(script, emptyBase, (base, point) => {
    assert.equal(fs.existsSync(join(base, '.draft')), point > 1 && point <= 4, `draft at point ${point}`);
    assert.equal(fs.existsSync(join(base, 'list')), point > 4, `list at point ${point}`);
    const inserted = [1, 2, 3, 4].slice(0, point <= 8 ? 0 : point === 9 ? 1 : point === 10 ? 3 : 4);
    assert.deepEqual(rows(base), inserted, `rows at point ${point}`);
  });
  assert.equal(points, ORDER.length);
});

test('a program killed after its n-th call has made n of them', async () => {
  const { base } = emptyBase();
  assert.equal((await run(script, { base, crash: { after: 4 } })).signal, 'SIGKILL');
  assert.deepEqual(fs.readdirSync(base), ['list']);
  const other = emptyBase().base;
  assert.equal((await run(script, { base: other, crash: { after: 9 } })).signal, 'SIGKILL');
  assert.deepEqual(rows(other), [1, 2, 3]);
});

test('a program killed within a write leaves half of it', async () => {
  const { base } = emptyBase();
  assert.equal((await run(script, { base, crash: { half: 2 } })).signal, 'SIGKILL');
  assert.equal(fs.readFileSync(join(base, '.draft'), 'utf8'), 'first half,');
  assert.equal((await run(script, { base, crash: { half: 6 } })).signal, 'SIGKILL');
  assert.equal(fs.readFileSync(join(base, 'whole'), 'utf8'), 'ab');
});

test('a call fails with the error asked for, on the disk and in the database', async () => {
  const { base } = emptyBase();
  const disk = await run(script, { base, crash: { at: 2, errno: 'ENOSPC' } });
  assert.equal(disk.exit, 1);
  assert.match(disk.stderr, /ENOSPC: no space left on device, write/);
  assert.equal(fs.readFileSync(join(base, '.draft'), 'utf8'), '');
  const database = await run(script, { base, crash: { at: 9, errno: 'ENOSPC' } });
  assert.match(database.stderr, /SqliteError: database or disk is full/);
  assert.deepEqual(rows(base), [1]);
});

test('a disk that stays full fails every call from the n-th on', async () => {
  const { base } = emptyBase();
  const { exit } = await run(script, { base, crash: { from: 1, errno: 'EACCES', record: join(base, 'record') } });
  assert.equal(exit, 1);
  assert.deepEqual(fs.readdirSync(base), ['record']);
});

test('a request that changes the server is three points: before it, with its answer lost, with its answer unseen', async () => {
  const served: string[] = [];
  const server = createServer((request, response) => {
    served.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const C2E_SERVER = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seen: string[][] = [];
  const prepare = () => {
    served.length = 0;
    return { ...emptyBase(), env: { C2E_SERVER } };
  };
  try {
    const points = await killUntilSurvives(script, prepare, async (_, point) => {
      // What left the dead program before its answer came may still be on its way to this process.
      if (point === ORDER.length + 2) await until('the POST arrives', () => served.length === 2);
      seen.push([...served]);
    });
    assert.equal(points, ORDER.length + 3);
    assert.deepEqual(seen[ORDER.length], ['GET /look'], 'before the POST');
    assert.deepEqual(seen[ORDER.length + 1], ['GET /look', 'POST /submit'], 'with its answer lost');
    assert.deepEqual(seen[ORDER.length + 2], ['GET /look', 'POST /submit'], 'before its answer is seen');
    assert.deepEqual(seen[ORDER.length + 3], ['GET /look', 'POST /submit'], 'survived');
  } finally {
    server.close();
  }
});

test('a request is not counted where a disk is to fail, as no disk can fail it', async () => {
  const server = createServer((_, response) => void response.end('{}'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const C2E_SERVER = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { base } = emptyBase();
  const record = join(base, 'record');
  const crash = { at: ORDER.length + 1, errno: 'EIO', record };
  try {
    assert.equal((await run(script, { base, env: { C2E_SERVER }, crash })).exit, 0);
    assert.equal(fs.readFileSync(record, 'utf8').trimEnd().split('\n').length, ORDER.length);
  } finally {
    server.close();
  }
});

test('a program that hangs is ended and named', async () => {
  const { base } = emptyBase();
  const hang = join(base, 'hang.js');
  fs.writeFileSync(hang, 'setInterval(() => {}, 1000);');
  await assert.rejects(run(hang, { base, timeoutMs: 300 }), /hang\.js did not end within 300 ms/);
});

test('a program that fails by itself is not taken for one that was killed', async () => {
  const { base } = emptyBase();
  const fail = join(base, 'fail.js');
  fs.writeFileSync(fail, 'process.exit(4);');
  await assert.rejects(
    killUntilSurvives(fail, emptyBase, () => undefined),
    /ended with exit 4/,
  );
});
