/**
 * crashScript: a small program for the tests of the crash points. It writes a draft, syncs and renames it, syncs the
 * directory, commits to a database in four ways, and sends a GET and a POST to the server in C2E_SERVER, if there is
 * one.
 */
import Database from 'better-sqlite3';
import fs, { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';

const base = process.env['C2E_BASE'] ?? '';
const draft = join(base, '.draft');

const fd = openSync(draft, 'w');
writeSync(fd, 'first half, second half');
fsyncSync(fd);
closeSync(fd);
renameSync(draft, join(base, 'list'));
const directory = openSync(base, 'r');
fs.fsyncSync(directory);
closeSync(directory);
fs.writeFileSync(join(base, 'whole'), 'abcd');

const database = new Database(join(base, 'db'));
database.exec('CREATE TABLE t (n INTEGER)');
const insert = database.prepare('INSERT INTO t VALUES (?)');
insert.run(1);
database.transaction(() => {
  insert.run(2);
  insert.run(3);
})();
database.exec('BEGIN; INSERT INTO t VALUES (4); COMMIT');
database.close();

const server = process.env['C2E_SERVER'];
if (server !== undefined) {
  await (await request(`${server}/look`)).body.text();
  await (await request(`${server}/submit`, { method: 'POST', body: '{}' })).body.text();
}
process.stdout.write('survived\n');
