/**
 * database: each column of each table, replaced by rubbish. Either the database is refused before anything moves (exit
 * 4, with the repair command), or the programs get along with it.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { openDatabase, openReadOnly, type CampaignDatabase } from '../../dist/database/database.js';
import { DamagedDatabase } from '../../dist/database/check.js';
import { healthOf } from '../../dist/repair/health.js';
import { copyOf, wholeCampaign } from '../misc/auditing.js';
import type { Campaign } from '../support/campaign.js';
import { runUnharmed } from '../support/runWithin.js';
import { EVIL, fellOnItsFeet, nothingRaw, tried } from './rubbish.js';

const RUBBISH: readonly [what: string, value: unknown][] = [
  ['nothing', null],
  ['an empty text', ''],
  ['a text with control characters', EVIL],
  ['a path', '../../outside.txt'],
  ['bytes', Buffer.from([0xff, 0x00, 0xfe])],
  ['a negative number', -1],
  ['a number beyond what JavaScript can count', 2n ** 62n],
  ['a fraction', 0.5],
];

/** Of these, any text will do: they are only shown. */
const SHOWN =
  /^(said|vo|server|state|reason|meaning|class|source|aside|list|split_from|endpoint|job_id|sid|last_stamp|outcome)$/;

let campaign: Campaign;
let columns: { table: string; column: string }[];

before(async () => {
  campaign = await wholeCampaign(async () => {});
  campaign.leave(
    "INSERT INTO failure VALUES ('permanent', 'it is gone', 1, 1, 1, 'a.txt', 'srm://a/b', 'no', 'https://a', 'b')",
  );
  const steps = [{ op: 'place', path: 'TODO/open.txt', content: 'srm://a.b/c  srm://d.e/f\n' }];
  campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', 'open.txt', JSON.stringify(steps));
  columns = campaign.rows(
    `SELECT m.name AS "table", p.name AS "column" FROM sqlite_master AS m, pragma_table_info(m.name) AS p
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
  );
});

/** As a bad disk would: no check of SQLite stands in the way. False where the file itself cannot take it. */
function damage(file: string, table: string, column: string, value: unknown): boolean {
  const loose = new Sqlite(file);
  try {
    loose.unsafeMode(true);
    loose.pragma('synchronous = OFF');
    loose.pragma('writable_schema = ON');
    const schema = loose.prepare('SELECT sql FROM sqlite_master WHERE name = ?').pluck().get(table) as string;
    loose
      .prepare(`UPDATE sqlite_master SET sql = ? WHERE name = ?`)
      .run(schema.replace(/(, )?STRICT/g, '').replace(/ NOT NULL/g, ''), table);
    loose.close();
    const db = new Sqlite(file);
    db.unsafeMode(true);
    db.pragma('synchronous = OFF');
    db.pragma('ignore_check_constraints = ON');
    let taken = false;
    // The first row of tables that have row numbers, else as many as can have the same value.
    for (const [verb, which] of [
      ['UPDATE', `WHERE rowid IN (SELECT rowid FROM ${table} LIMIT 1)`],
      ['UPDATE OR IGNORE', ''],
    ])
      try {
        taken ||= db.prepare(`${verb} ${table} SET ${column} = ? ${which}`).run(value).changes > 0;
      } catch {
        continue;
      }
    db.pragma('writable_schema = ON');
    db.prepare('UPDATE sqlite_master SET sql = ? WHERE name = ?').run(schema, table);
    db.close();
    return taken;
  } finally {
    if (loose.open) loose.close();
  }
}

/** Opens it as the programs do. True when it was refused as damaged. */
function isRefused(base: string): boolean {
  const [reading, writing] = [openReadOnly, openDatabase].map((open) => isRefusedBy(() => open(base, ['a.txt'])));
  assert.equal(reading, writing, 'reading and writing refuse the same');
  return reading === true;
}

function isRefusedBy(open: () => CampaignDatabase): boolean {
  try {
    open().db.close();
    return false;
  } catch (error) {
    // A UUID of the right form, or another file's: not damaged, but not this campaign's either.
    if (/it belongs to campaign/.test(String(error))) return false;
    assert.ok(error instanceof DamagedDatabase, String(error));
    assert.match(error.message, /is damaged \(.*\); it was not changed; run node dist\/misc\/repair\.js --base/s);
    return true;
  }
}

describe('rubbish in a column', () => {
  test('is refused at the opening, or is a text that is only shown', (t) => {
    const base = copyOf(campaign);
    const [file, sound] = [join(base, 'sqlite_c2e.db'), join(campaign.base, 'sqlite_c2e.db')];
    let [refused, inputs] = [0, 0];
    for (const { table, column } of columns)
      for (const [what, value] of RUBBISH) {
        copyFileSync(sound, file);
        if (!damage(file, table, column, value)) continue;
        inputs += 1;
        if (isRefused(base)) {
          refused += 1;
          assert.equal(healthOf(base, false).kind, 'damaged', `repair sees ${what} in ${table}.${column}`);
        } else assert.ok(isHarmless(column, value), `${what} in ${table}.${column} was taken for true`);
      }
    assert.ok(refused > 150, `${refused} were refused`);
    tried(t, inputs, 'columns of the database');
  });

  test('ends a program with 4, the repair command and no stack, and moves nothing', async () => {
    const base = copyOf(campaign);
    assert.ok(damage(join(base, 'sqlite_c2e.db'), 'list', 'attempt', 'many'));
    const before = spool(base);
    for (const program of ['producer', 'consumer', 'monitor', 'status', 'misc/audit']) {
      const ended = await runUnharmed(program, { base });
      fellOnItsFeet(ended, [4]);
      assert.match(`${ended.stdout}${ended.stderr}`, /is damaged .* run node dist\/misc\/repair\.js/);
    }
    assert.deepEqual(spool(base), before);
  });

  test('that is only shown is shown escaped, by every program', async () => {
    const base = copyOf(campaign);
    const file = join(base, 'sqlite_c2e.db');
    for (const { table, column } of columns) {
      if (table === 'campaign' || !SHOWN.test(column)) continue;
      const sound = copyOf({ base } as Campaign);
      if (!damage(file, table, column, EVIL) || isRefused(base)) copyFileSync(join(sound, 'sqlite_c2e.db'), file);
    }
    for (const program of ['status', 'misc/audit', 'monitor', 'consumer', 'producer'])
      for (const args of [[], ['--json'], ['--verbose']]) fellOnItsFeet(await runUnharmed(program, { base, args }));
    nothingRaw(base);
  });
});

test('a list that is with FTS and has no job row is refused: it would be submitted once more', async () => {
  const base = copyOf(campaign);
  const db = new Sqlite(join(base, 'sqlite_c2e.db'));
  db.exec("DELETE FROM job WHERE list IN (SELECT name FROM list WHERE state = 'SUBMITTED')");
  db.close();
  const ended = await runUnharmed('consumer', { base });
  fellOnItsFeet(ended, [4]);
  assert.match(`${ended.stdout}${ended.stderr}`, /is with FTS, and its job is not recorded/);
});

test('a journal entry that is none is refused, and not struck off', async () => {
  const rubbish = [
    'null',
    '{}',
    '[1]',
    '[{"op":"place"}]',
    '[{"op":"remove","path":"../x.txt","sha256":""}]',
    '[{"op":"x"}]',
  ];
  for (const steps of rubbish) {
    const base = copyOf(campaign);
    const db = new Sqlite(join(base, 'sqlite_c2e.db'));
    db.prepare('UPDATE transition SET steps = ?').run(steps);
    db.close();
    assert.ok(isRefused(base), steps);
    fellOnItsFeet(await runUnharmed('producer', { base }), [4]);
    const kept = new Sqlite(join(base, 'sqlite_c2e.db'), { readonly: true });
    assert.equal(kept.prepare('SELECT count(*) FROM transition').pluck().get(), 1);
    kept.close();
  }
});

/** Where rubbish may stand: text that is only shown, numbers that are counts or times, and nothing where nothing may be. */
function isHarmless(column: string, value: unknown): boolean {
  if (value === null)
    return /^(said|said_at|split_from|submitted_at|state|reason|seen_at|\w+_since|aside|last_stamp|take_over_\w+|pinned|hold_until|failed_at|stuck_said_at|sent\w*|pair_hashes|arrived|token_ids|probe|opened_at|tape_until)$/.test(
      column,
    );
  if (Buffer.isBuffer(value)) return column === 'pair_hashes' || column === 'arrived';
  return (
    SHOWN.test(column) ||
    /_hash$|^name$|^uuid$|^token_ids$/.test(column) ||
    (typeof value === 'number' && Number.isInteger(value))
  );
}

const spool = (base: string): string[] =>
  ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'].flatMap((place) =>
    readdirSync(join(base, place)).map((name) => `${place}/${name}`),
  );
