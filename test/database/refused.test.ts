/**
 * refused: what the disk or another program refuses SQLite, each with its own cause and cure. None of it is damage.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { diskBelow } from '../../dist/database/sqlite.js';
import { Campaign, choice } from '../support/campaign.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

async function campaignOf(): Promise<Campaign> {
  const campaign = new Campaign([choice(await rehearsalServer('RAL'))], { producer: { lfns_per_list: 1 } });
  campaign.lfns('input.list', ['/lhcb/1', '/lhcb/2', '/lhcb/3']);
  await campaign.run('producer', 0);
  return campaign;
}

/** What a shell script says of a run in which a directory is mounted as it says; null where this user may not mount. */
function mounted(script: string, program: string, base: string): { exit: number | null; said: string } | null {
  if (spawnSync('unshare', ['-rm', 'true']).status !== 0) return null;
  const dist = fileURLToPath(new URL(`../../dist/${program}.js`, import.meta.url));
  const given = ['-rm', 'sh', '-ec', script, process.execPath, dist, base];
  const { status, stdout, stderr } = spawnSync('unshare', given, { encoding: 'utf8' });
  return { exit: status, said: `${stdout}${stderr}` };
}

describe('a database', { concurrency: 3 }, () => {
  for (const lock of ['EXCLUSIVE', 'IMMEDIATE'])
    test(`that another program keeps locked (${lock}) is said to be so, with how to find it`, async () => {
      const campaign = await campaignOf();
      const shell = new Sqlite(campaign.path('sqlite_c2e.db'));
      shell.exec(`BEGIN ${lock}`);
      const { said } = await campaign.run('producer', 4);
      const file = campaign.path('sqlite_c2e.db');
      assert.match(said, /another program keeps it locked, such as a sqlite3 shell/);
      assert.ok(said.includes(`\`fuser -v '${file}'\` names it on its host; close it and run again`), said);
      assert.doesNotMatch(said, /damaged|repair/);
      shell.exec('ROLLBACK');
      shell.close();
      await campaign.run('producer', 0);
    });

  test('in whose place stands a directory', async () => {
    const campaign = await campaignOf();
    rmSync(campaign.path('sqlite_c2e.db'));
    mkdirSync(campaign.path('sqlite_c2e.db'));
    const { said } = await campaign.run('monitor', 4);
    assert.match(said, /it is a directory .*; move it away and bring the database back/);
    assert.doesNotMatch(said, /damaged/);
  });

  test('on a disk that is mounted read-only, or is full', async (t) => {
    const campaign = await campaignOf();
    const file = campaign.path('sqlite_c2e.db');
    // The file alone, and all of it.
    const one = mounted(
      `mount --bind "$2/sqlite_c2e.db" "$2/sqlite_c2e.db"
      mount -o remount,ro,bind "$2/sqlite_c2e.db"; exec "$0" "$1" --base "$2"`,
      'producer',
      campaign.base,
    );
    if (one === null) return t.skip('this user may not mount');
    assert.equal(one.exit, 4, one.said);
    assert.ok(one.said.includes(file), one.said);
    assert.match(one.said, /its disk is mounted read-only .*; have it mounted read-write/);
    const all = mounted(
      `mount --bind "$2" "$2"; mount -o remount,ro,bind "$2"; exec "$0" "$1" --base "$2"`,
      'producer',
      campaign.base,
    );
    assert.equal(all?.exit, 4, all?.said);
    assert.match(all?.said ?? '', /EROFS.*; it is mounted read-only: have it mounted read-write/);
    const full = mounted(
      `small="$2/small"; mkdir "$small"; mount -t tmpfs -o size=400k tmpfs "$small"; cp -r "$2"/[!s]* "$2/.campaign" "$2/sqlite_c2e.db" "$small"
       dd if=/dev/zero of="$small/ballast" 2>/dev/null || :; exec "$0" "$1" --base "$small" --lfns 1`,
      'producer',
      campaign.base,
    );
    assert.equal(full?.exit, 4, full?.said);
    assert.match(
      full?.said ?? '',
      /(the disk is full, or a quota is used up|ENOSPC).*; (free some space there and run again|make room on that disk)/,
    );
    for (const said of [one.said, all?.said, full?.said]) assert.doesNotMatch(said ?? '', /damaged|repair/);
  });

  test('each refusal of SQLite has a cause and a cure of its own, and none of them is damage', () => {
    const file = join(temporaryDirectory(), 'sqlite_c2e.db');
    const said = (code: string): string | undefined =>
      diskBelow('open', file, { code, message: 'sqlite says' })?.message;
    assert.match(said('SQLITE_BUSY_RECOVERY') ?? '', /keeps it locked.*; `fuser/);
    assert.match(said('SQLITE_FULL') ?? '', /the disk is full/);
    assert.match(said('SQLITE_IOERR_WRITE') ?? '', /reports errors .*your quota/);
    assert.match(said('SQLITE_CANTOPEN') ?? '', /it cannot be read and written/);
    for (const code of ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_CONSTRAINT', 'SQLITE_ERROR'])
      assert.equal(said(code), undefined);
  });
});
