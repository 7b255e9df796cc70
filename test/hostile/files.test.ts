/**
 * files: what the programs make is for this user and the group to look at, and no name leads out of the base directory.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';

import { Spool } from '../../dist/spool/spool.js';
import { endJob, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { EVIL, fellOnItsFeet, times, tried } from './rubbish.js';

for (const umask of [0o000, 0o077])
  test(`under umask ${umask.toString(8)} nobody else may read or write what the programs make`, async () => {
    const server = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(server)]);
    // A directory of its own, so that all of it is made by the programs.
    const base = join(temporaryDirectory(), 'new');
    mkdirSync(base, { mode: 0o700 });
    copyFileSync(campaign.path('castor2echo.toml'), join(base, 'castor2echo.toml'));
    const before = process.umask(umask);
    try {
      fellOnItsFeet(await runUnharmed('producer', { base }), [0]);
      const lfns = ['no LFN', '/lhcb/a', '/lhcb/b', ''].join('\n');
      writeFileSync(join(base, 'TODO/ListOfLFNs/a.list'), lfns, { mode: 0o600 });
      fellOnItsFeet(await runUnharmed('producer', { base }), [0]);
      fellOnItsFeet(await runUnharmed('consumer', { base }), [0]);
      const job = server.submissions.at(-1)?.jobId ?? '';
      endJob(server, job, [['FAILED', 'SOURCE [2] No such file or directory']]);
      fellOnItsFeet(await runUnharmed('monitor', { base }), [0]);
    } finally {
      process.umask(before);
    }
    const made = readdirSync(base, { recursive: true, withFileTypes: true });
    assert.ok(made.length > 15);
    for (const entry of made) {
      if (entry.name === 'castor2echo.toml') continue;
      const path = join(entry.parentPath, entry.name);
      const allowed = entry.isDirectory() ? 0o750 : 0o640;
      assert.equal(
        lstatSync(path).mode & 0o777 & ~allowed,
        0,
        `${path}: ${(lstatSync(path).mode & 0o777).toString(8)}`,
      );
    }
  });

test('a list that is a symbolic link is neither read nor moved, and named', async () => {
  const server = await rehearsalServer('LINKS');
  const campaign = new Campaign([choice(server)]);
  const outside = join(temporaryDirectory(), 'outside.txt');
  writeFileSync(outside, `${campaign.line('/lhcb/outside')}\n`);
  symlinkSync(outside, campaign.path(`TODO/${listName(1)}`));
  symlinkSync(outside, campaign.path(`DOING/${listName(2)}`));
  const ran = await runUnharmed('consumer', { base: campaign.base });
  fellOnItsFeet(ran, [0, 3]);
  assert.match(ran.stdout, new RegExp(listName(1)));
  fellOnItsFeet(await runUnharmed('monitor', { base: campaign.base }), [0, 3]);
  assert.equal(campaign.jobs(server).length, 0);
  assert.ok(lstatSync(campaign.path(`TODO/${listName(1)}`)).isSymbolicLink());
  assert.ok(lstatSync(campaign.path(`DOING/${listName(2)}`)).isSymbolicLink());
  assert.equal(readFileSync(outside, 'utf8'), `${campaign.line('/lhcb/outside')}\n`);
});

test('a place of the spool that is a symbolic link ends the run with 4', async () => {
  for (const place of ['TODO', 'DOING', 'DONE', 'DONE/Okay']) {
    const campaign = new Campaign([{ name: 'RAL', endpoint: 'http://127.0.0.1:9' }]);
    const elsewhere = join(temporaryDirectory(), basename(place));
    renameSync(campaign.path(place), elsewhere);
    symlinkSync(elsewhere, campaign.path(place));
    const ended = await runUnharmed('producer', { base: campaign.base });
    fellOnItsFeet(ended, [4]);
    assert.match(`${ended.stdout}${ended.stderr}`, new RegExp(`${place} in .* is a symbolic link; put the directory`));
  }
});

test('a draft that leads elsewhere is not written through', async () => {
  const campaign = new Campaign([{ name: 'RAL', endpoint: 'http://127.0.0.1:9' }]);
  await campaign.run('producer');
  const outside = join(temporaryDirectory(), 'outside.txt');
  writeFileSync(outside, 'precious');
  symlinkSync(outside, campaign.path('TODO/.planted.txt.draft'));
  const steps = [{ op: 'place', path: 'TODO/planted.txt', content: '# nothing\n' }];
  campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', 'planted.txt', JSON.stringify(steps));
  await campaign.run('producer');
  assert.equal(readFileSync(outside, 'utf8'), 'precious');
  assert.ok(lstatSync(campaign.path('TODO/planted.txt')).isFile());
});

test('no step of the journal, whatever its paths, touches anything outside the spool', (t) => {
  const base = join(temporaryDirectory(), 'base');
  for (const place of ['TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
    mkdirSync(join(base, place), { recursive: true });
  writeFileSync(join(base, '../outside.txt'), 'precious');
  writeFileSync(join(base, 'sqlite_c2e.db'), 'precious');
  const spool = new Spool(base);
  const part = fc.constantFrom(
    'TODO',
    'DOING',
    'DONE',
    'Okay',
    'a..',
    '.',
    '',
    'a.txt',
    'outside.txt',
    'sqlite_c2e.db',
    EVIL,
  );
  const path = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/'));
  const step = fc.oneof(
    fc.record({ op: fc.constant('place' as const), path, content: fc.string() }),
    fc.record({ op: fc.constant('move' as const), from: path, to: path }),
    fc.record({ op: fc.constant('remove' as const), path, sha256: fc.constant('') }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), (steps) => {
      for (const conflict of spool.carryOut([steps])) assert.ok(conflict === null || typeof conflict === 'string');
      assert.equal(readFileSync(join(base, '../outside.txt'), 'utf8'), 'precious');
      assert.equal(readFileSync(join(base, 'sqlite_c2e.db'), 'utf8'), 'precious');
      assert.deepEqual(readdirSync(join(base, '..')).sort(), ['base', 'outside.txt']);
      assert.deepEqual(readdirSync(base).sort(), ['DOING', 'DONE', 'TODO', 'sqlite_c2e.db']);
    }),
    { numRuns: times(100) },
  );
  tried(t, times(100), 'entries of the journal');
});

test("the original's job table full of rubbish is taken over as far as it makes sense", async (t) => {
  const server = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(server)]);
  const db = new Sqlite(campaign.path('sqlite_c2e.db'));
  db.exec('CREATE TABLE FTSJobMap (FTSJobID, FTSListName, FTSServer, iter)');
  const uuid = '01874efb-4735-4595-bc9c-591aef8240c9';
  const lists = [
    'FTSList-12042018-101112.txt',
    '../../evil.txt',
    `${EVIL}.txt`,
    '.hidden.txt',
    5,
    null,
    Buffer.from('x'),
  ];
  const servers = [
    server.url,
    'http://a.example.org',
    'https://[',
    'https://a:99999',
    'file:///etc/passwd',
    EVIL,
    5,
    null,
  ];
  for (const list of lists)
    for (const each of servers) db.prepare('INSERT INTO FTSJobMap VALUES (?, ?, ?, ?)').run(uuid, list, each, EVIL);
  db.close();
  for (const program of ['producer', 'monitor', 'status', 'misc/audit'])
    fellOnItsFeet(await runUnharmed(program, { base: campaign.base }), [0, 4]);
  fellOnItsFeet(await runUnharmed('misc/takeOver', { base: campaign.base, args: ['--yes'] }), [3]);
  const args = ['--yes', '--without', 'a.example.org'];
  fellOnItsFeet(await runUnharmed('misc/takeOver', { base: campaign.base, args }), [0]);
  const taken = campaign.rows<{ name: string; endpoint: string }>(
    'SELECT name, endpoint FROM list JOIN job ON list = name',
  );
  assert.ok(taken.some(({ name }) => name === 'FTSList-12042018-101112.txt'));
  for (const { name, endpoint } of taken) {
    assert.match(name, /^[^./\p{Cc}][^/\p{Cc}]*\.txt$/u);
    assert.ok([server.url, 'http://a.example.org'].includes(endpoint));
  }
  assert.ok(!existsSync(campaign.path('../evil.txt')));
  tried(t, lists.length * servers.length, "rows of the original's table");
});

test('lists and LFN lists whose names are anything are handled or named, escaped, and stay inside', async (t) => {
  const server = await rehearsalServer('NAMES');
  const campaign = new Campaign([choice(server)], {
    consumer: { lists_per_run: 100 },
    producer: { lists_per_run: 100 },
  });
  const names = [
    EVIL.replaceAll(/[\0/]/g, ''),
    'a..',
    '--help',
    '-rf',
    '$(touch x)',
    '`x`',
    "'; DROP TABLE list; --",
    '%s%n',
    '__proto__',
    'constructor',
    '\u202etxt.live',
    ' ',
    '~',
    'a\\b',
    '[a]*?{b}',
    'x'.repeat(240),
  ];
  for (const [index, name] of names.entries()) {
    campaign.put('TODO', `${name}.txt`, [`/lhcb/list/${index}`]);
    campaign.lfns(`${name}.list`, [`/lhcb/lfn/${index}`]);
  }
  const before = readdirSync(join(campaign.base, '..')).filter((name) => name === 'x').length;
  for (const program of ['producer', 'consumer', 'monitor', 'status', 'misc/audit'])
    for (const args of [['--verbose'], ['--json']])
      fellOnItsFeet(await runUnharmed(program, { base: campaign.base, args }), [0, 3]);
  for (const { jobId } of campaign.jobs(server)) endJob(server, jobId);
  fellOnItsFeet(await runUnharmed('monitor', { base: campaign.base }), [0, 3]);
  everyTransferOnce(campaign.base);
  const carried = campaign.jobs(server).flatMap(({ transfers }) => transfers.map(({ source }) => source));
  assert.equal(new Set(carried).size, carried.length, 'nothing twice');
  assert.ok(carried.length > names.length, `${carried.length} transfers were submitted`);
  assert.equal(readdirSync(join(campaign.base, '..')).filter((name) => name === 'x').length, before);
  tried(t, 2 * names.length, 'names of files');
});
