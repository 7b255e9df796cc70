/**
 * guards: what removeDark does not delete. Each of these has a file that must be there afterwards.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { acquireLease } from '../../dist/lease/lease.js';
import { runWithin } from '../support/runWithin.js';
import { CATALOGUED, headOf, hoursAgo, lineOf, many, Removing } from './removing.js';

const A = 'lhcb/dark/a';
const B = 'lhcb/dark/b';

/** All of it survives, and nothing was asked of gfal-rm. */
async function refused(made: Removing, exit: number, why: RegExp, ...options: readonly string[]): Promise<void> {
  const ran = await made.remove(1, ...options);
  assert.equal(ran.exit, exit, ran.text);
  assert.match(ran.text, why);
  assert.ok(made.has(A));
  assert.deepEqual(made.removals(), []);
}

/** The one is deleted, the other is left out and named. */
async function leftOut(made: Removing, why: RegExp, ...options: readonly string[]): Promise<void> {
  const ran = await made.remove(1, ...options);
  assert.equal(ran.exit, 3, ran.text);
  assert.match(ran.text, why);
  assert.match(ran.text, new RegExp(`1 file left out, such as ${made.url(A)}: `));
  assert.deepEqual([made.has(A), made.has(B)], [true, false]);
}

test('what is dark and nobody has is deleted, and exit 0 says that all of it is gone', async () => {
  const made = await Removing.with([A, B]);
  made.put('lhcb/other');
  const ran = await made.remove(2);
  assert.equal(ran.exit, 0, ran.text);
  assert.deepEqual([made.has(A), made.has(B), made.has('lhcb/other')], [false, false, true]);
  assert.deepEqual(made.ledger(), [`${A} DELETED`, `${B} DELETED`]);
  assert.match(ran.text, /2 files deleted, 0 missing, 0 failed/);
});

test('a list that was written with --force says so, and why', async () => {
  const made = await Removing.with([A], [...headOf(), '# written with --force "few": 3 % of prod']);
  const ran = await made.remove(1);
  assert.equal(ran.exit, 0, ran.text);
  assert.match(ran.text, /dark-prod\.list was written with --force "few": 3 % of prod/);
});

test('--json says how many of each', async () => {
  const made = await Removing.with([A, B]);
  made.put(A, 'anew');
  const { stdout } = await made.remove(1, '--json');
  const { removal, exit } = JSON.parse(stdout) as { removal: Record<string, unknown>; exit: number };
  const none = { done: 0, missing: 0, failed: 0, stopped: null };
  assert.deepEqual([removal, exit], [{ ...none, listed: 2, leftOut: 1, removable: 1, deleted: 1 }, 3]);
});

test('a list of URLs is as good as one of paths', async () => {
  const made = await Removing.with([A, B]);
  made.write('dark-prod.list', [...headOf(), `${made.url(A)}\t3\tADLER32:021700dc`, made.url(B)]);
  assert.equal((await made.remove(2)).exit, 0);
  assert.deepEqual([made.has(A), made.has(B)], [false, false]);
});

describe('the list', () => {
  const bad: readonly (readonly [string, string])[] = [
    ['with ..', 'prod/lhcb/x/../dark/a\t3\t-'],
    ['with //', 'prod/lhcb//dark/a\t3\t-'],
    ['with a slash at its end', 'prod/lhcb/dark/a/\t3\t-'],
    ['with .. in percents', 'prod/lhcb/x/%2e%2e/dark/a\t3\t-'],
    ['with a query', 'prod/lhcb/dark/a?x\t3\t-'],
    ['with a hash', 'prod/lhcb/dark/a#x\t3\t-'],
    ['with a control character', 'prod/lhcb/dark/a\x07\t3\t-'],
    ['without a path', 'prod/\t3\t-'],
    ['of another base', 'user/lhcb/dark/a\t3\t-'],
    ['with a slash before it', '/prod/lhcb/dark/a\t3\t-'],
    ['without columns', 'prod/lhcb/dark/a'],
    ['with a size that is none', 'prod/lhcb/dark/a\tthree\t-'],
    ['that is empty', ''],
    ['of another host', 'gsiftp://elsewhere.example.org/lhcb:prod/lhcb/dark/a'],
    ['of another protocol', 'root://echo.example.org/lhcb:prod/lhcb/dark/a'],
  ];
  for (const [name, line] of bad)
    test(`with a line ${name} has nothing deleted`, async () => {
      const made = await Removing.with([A]);
      made.write('dark-prod.list', [...headOf(), lineOf(A), line]);
      await refused(made, 3, /1 of the lines of .*dark-prod\.list cannot be used; line 4 /);
    });

  test('with a line twice, one that was cut off, or one without its head has nothing deleted', async () => {
    const made = await Removing.with([A]);
    made.write('dark-prod.list', [...headOf(), lineOf(A), lineOf(A)]);
    await refused(made, 3, /line 4 .* is there twice/);
    made.write('dark-prod.list', [...headOf(), lineOf(A)].join('\n'));
    await refused(made, 3, /its last line has no end/);
    made.write('dark-prod.list', [lineOf(A)]);
    await refused(made, 3, /does not begin with "# dark below/);
  });

  test('is deleted below the URL of its base alone', async () => {
    const made = await Removing.with([A]);
    const [host] = made.under.split('/lhcb:');
    for (const under of [`${host}/`, `${host}/lhcb:prod/lhcb/`, `${host}/lhcb:notprod/`, `${host}/lhcb:myprod/`])
      await refused(made, 3, /is of the base "prod"/, '--under', under);
    for (const under of [made.under.slice(0, -1), `${host}/x/../lhcb:prod/`, `${host}/a//prod/`, `${host}/%70rod/`])
      await refused(made, 2, /Cannot delete below --under/, '--under', under);
    await refused(made, 2, /Cannot delete below --under/, '--under', `${made.under}?x=/prod/`);
  });

  test('of a base that is called like the host is not deleted below the root', async () => {
    const made = await Removing.with([A]);
    const [, host = ''] = /^gsiftp:\/\/([^/]+)\//.exec(made.under) ?? [];
    made.write('dark-prod.list', [...headOf(100_000, hoursAgo(4), host), `${host}/${A}\t3\t-`]);
    await refused(made, 3, /is of the base "echo/, '--under', `gsiftp://${host}/`);
  });

  test('is no longer than --limit', async () => {
    const made = await Removing.with([A, ...many(1000)]);
    await refused(made, 3, /names 1,001 files, such as gsiftp.*, 1,000 are allowed/);
  });

  test('is no more than 2 % of what the dump has there, but with --force and a reason', async () => {
    const made = await Removing.with([A], headOf(49));
    await refused(made, 3, /names 1 of the 49 files that its dump has there, 2 % are allowed/);
    assert.equal((await made.remove(1, '--force', 'a new base')).exit, 0);
    assert.equal(made.has(A), false);
  });

  test('that does not say how many files the dump has needs a reason too', async () => {
    const made = await Removing.with([A], headOf().slice(0, 1));
    await refused(made, 3, /does not say for certain when its dump was begun/);
    await refused(made, 3, /does not say how many files its dump has/, '--dumped-at', hoursAgo(4).slice(0, 16));
  });

  test('of an old dump, or of one of which nobody knows for certain when it was begun, has nothing deleted', async () => {
    const old = await Removing.with([A], headOf(100_000, hoursAgo(7 * 24 + 1)));
    await refused(old, 3, /is 7 days old, 7 are allowed/, '--force', 'never mind');
    const guess = await Removing.with([A], headOf(100_000, `${hoursAgo(4)} (a guess)`));
    await refused(guess, 3, /say it with --dumped-at/, '--force', 'never mind');
    assert.equal((await guess.remove(1, '--dumped-at', hoursAgo(4).slice(0, 16))).exit, 0);
    const said = await Removing.with([A]);
    await refused(said, 2, /says itself when its dump was made/, '--dumped-at', hoursAgo(1).slice(0, 16));
  });
});

describe('the catalogue', () => {
  test('has nothing deleted that it has now', async () => {
    const made = await Removing.with([A, B]);
    made.write('catalogue', [`RAL-DST;//${A}`, 'RAL-DST;/lhcb/known']);
    await leftOut(made, /the catalogue has it now/);
  });

  test('is read by the routes where no bases are named', async () => {
    const made = await Removing.with([A, B]);
    made.write('catalogue', [`RAL-DST;/${A}`, 'RAL-DST;/lhcb/known']);
    const args = made.arguments('--yes', '--expect', '1');
    args.splice(args.indexOf('--bases'), 2);
    const ran = await runWithin('misc/removeDark', args, { env: made.storages.env });
    assert.equal(ran.exit, 3, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /the catalogue has it now/);
    assert.deepEqual([made.has(A), made.has(B)], [true, false]);
  });

  test('is needed, with the time at which it was made', async () => {
    const made = await Removing.with([A]);
    const args = made.arguments('--yes', '--expect', '1').filter((arg) => !arg.includes('catalogue'));
    const without = args.filter((arg) => arg !== CATALOGUED);
    const ran = await runWithin('misc/removeDark', without, { env: made.storages.env });
    assert.equal(ran.exit, 2, ran.stdout + ran.stderr);
    assert.match(ran.stderr, /only a catalogue tells/);
    assert.ok(made.has(A));
  });

  test('that is older than the dump has nothing deleted', async () => {
    const made = await Removing.with([A]);
    await refused(made, 3, /the dump .* is newer than the catalogue/, '--catalogued-at', hoursAgo(5).slice(0, 16));
  });

  test('that was cut off, cannot be read, or lacks a storage element has nothing deleted', async () => {
    const made = await Removing.with([A]);
    made.write('catalogue', 'RAL-DST;/lhcb/known\nRAL-DST;/lhcb/da');
    await refused(made, 3, /catalogue: its last line has no end: it was cut off/);
    made.write('catalogue', ['RAL-DST;/lhcb/known;1;1', 'RAL-DST;/lhcb/x;no checksum;1']);
    await refused(made, 3, /1 line of the catalogue cannot be read/);
    made.write('catalogue', ['RAL-DST;/lhcb/known']);
    made.write('bases', ['RAL-DST;prod', 'RAL-ARCHIVE;prod']);
    await refused(made, 3, /has nothing of storage elements .*RAL-ARCHIVE \(prod\)/);
    made.write('bases', ['RAL-DST;prod', 'RAL-BUFFER;buffer']);
    made.write('catalogue', ['RAL-DST;/lhcb/known', 'CERN-DST;/lhcb/other']);
    await refused(made, 3, /storage elements without a base.*CERN-DST/);
    made.write('catalogue', []);
    await refused(made, 3, /RAL-DST \(prod\)/);
    made.write('bases', ['RAL-DST;user']);
    made.write('catalogue', ['RAL-DST;/lhcb/known']);
    await refused(made, 3, /no storage element has the base "prod"/);
  });
});

describe('the campaign', () => {
  for (const place of ['TODO', 'DOING'])
    test(`has nothing deleted that a list in ${place} brings, whatever its URL looks like`, async () => {
      const made = await Removing.with([A, B]);
      const { campaign } = made;
      campaign.write(`${place}/a.txt`, `${campaign.line(`/${A}`)}\n`);
      await leftOut(made, /FTS has it, or will/);
      const alias = await Removing.with([A, B]);
      alias.campaign.write(
        `${place}/a.txt`,
        `${campaign.source}/${A}  root://alias.example.org//eos/somewhere/${A.replace('dark', '%64ark')}\n`,
      );
      await leftOut(alias, /FTS has it, or will \((?:TODO|DOING)\/a\.txt\)/);
    });

  test('has nothing deleted that an LFN list will bring', async () => {
    const made = await Removing.with([A, B]);
    made.campaign.lfns('a.list', [`/${A}`]);
    await leftOut(made, /FTS has it, or will \(TODO\/ListOfLFNs\/a\.list:1, not cut yet\)/);
  });

  test('has nothing deleted that a transition brings which could not be carried out', async () => {
    const made = await Removing.with([A, B]);
    const { campaign } = made;
    const content = `${campaign.line(`/${A}`)}\n`;
    // Another list stands in its way.
    campaign.write('TODO/a.txt', `${campaign.line('/lhcb/other')}\n`);
    const steps = JSON.stringify([{ op: 'place', path: 'TODO/a.txt', content }]);
    campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', 'a.txt', steps);
    await leftOut(made, /FTS has it, or will/);
  });

  test('has what it brought there deleted with --even-okay alone', async () => {
    const made = await Removing.with([A, B]);
    const { campaign } = made;
    campaign.write('DONE/Okay/a.txt', `${campaign.line(`/${A}`)}\n`);
    await leftOut(made, /the campaign has brought it there \(DONE\/Okay\/a\.txt\)/);
    assert.equal((await made.remove(1, '--even-okay')).exit, 0);
    assert.equal(made.has(A), false);
  });

  test('says how many stand in DONE/Bad, and they are deleted', async () => {
    const made = await Removing.with([A, B]);
    const { campaign } = made;
    campaign.write('DONE/Bad/a.txt', `${campaign.line(`/${A}`)}\n`);
    const ran = await made.remove(2);
    assert.equal(ran.exit, 0, ran.text);
    assert.match(ran.text, /1 of them are named by lists in DONE\/Bad/);
  });

  test('of which a list cannot be read has nothing deleted', async () => {
    const made = await Removing.with([A]);
    made.campaign.write('DOING/a.txt', 'no transfer\n');
    await refused(made, 3, /lists of the campaign cannot be read.*DOING\/a\.txt/);
  });

  test('that another run works on, or that is not there, has nothing deleted', async () => {
    const made = await Removing.with([A]);
    const env = {};
    const lease = await acquireLease(made.campaign.base, { program: 'x', waitSeconds: 0, takeoverMinutes: 60, env });
    await refused(made, 6, /lease .* is held by/);
    lease.release();
    const other = await acquireLease(made.directory, { program: 'x', waitSeconds: 0, takeoverMinutes: 60, env });
    await refused(made, 6, /lease .* is held by/);
    other.release();
    await refused(made, 2, /castor2echo\.toml/, '--base', made.directory);
    assert.equal((await made.remove(1, '--base', made.directory, '--no-campaign')).exit, 0);
  });
});

describe('the storage', () => {
  test('has nothing deleted that has another size than the dump says', async () => {
    const made = await Removing.with([A, B]);
    made.put(A, 'anew');
    await leftOut(made, /it has another size/);
  });

  test('has nothing deleted that was written after the dump was begun', async () => {
    const made = await Removing.with([A, B]);
    made.put(A, 'hi\n', new Date());
    await leftOut(made, /it was written after the dump/);
  });

  test('has no directory deleted', async () => {
    const made = await Removing.with([A, B]);
    made.write('dark-prod.list', [...headOf(), 'prod/lhcb/dark\t-\t-', lineOf(B)]);
    const ran = await made.remove(1);
    assert.equal(ran.exit, 3, ran.text);
    assert.match(ran.text, /lhcb\/dark: it is a directory/);
    assert.deepEqual([made.has(A), made.has(B)], [true, false]);
  });

  test('has nothing deleted of which it cannot say what it is', async () => {
    const made = await Removing.with([`${A}/broken`, B]);
    const ran = await made.remove(1);
    assert.equal(ran.exit, 3, ran.text);
    assert.match(ran.text, /the storage cannot say what it is \(gfal-stat error: 5/);
    assert.deepEqual([made.has(`${A}/broken`), made.has(B)], [true, false]);
  });

  test('is not blamed for what is missing', async () => {
    const made = await Removing.with([B]);
    appendFileSync(made.list, `${lineOf(A)}\n`);
    const ran = await made.remove(1);
    assert.equal(ran.exit, 0, ran.text);
    assert.deepEqual(made.ledger(), [`${A} MISSING`, `${B} DELETED`]);
  });
});

describe('a person', () => {
  test('says --yes only with the number', async () => {
    const made = await Removing.with([A, B]);
    for (const [options, why] of [
      [['--yes'], /--yes wants the number of files, say --expect 2/],
      [['--yes', '--expect', '1'], /2 files would be, and --expect says 1/],
      [['--yes', '--expect', '3'], /2 files would be, and --expect says 3/],
      [[], /there is no terminal to ask on; say --yes --expect 2/],
    ] as const) {
      const ran = await made.run(...options);
      assert.equal(ran.exit, 2, ran.text);
      assert.match(ran.text, why);
      assert.deepEqual([made.has(A), made.has(B)], [true, true]);
    }
    assert.deepEqual(made.removals(), []);
  });

  test('sees with --dry-run what would be deleted, and nothing is', async () => {
    const made = await Removing.with(many(7));
    const ran = await made.run('--dry-run');
    assert.equal(ran.exit, 0, ran.text);
    assert.match(
      ran.text,
      /To be deleted for good, by .*dark-prod\.list: 7 files, 21 B:\n(  gsiftp:.* \(3 B\)\n){5}  … and 2 more\n/,
    );
    assert.match(ran.text, /The oldest was written \d{4}-.*, the newest \d{4}-/);
    assert.deepEqual(made.removals(), []);
    assert.deepEqual(made.ledger(), []);
    assert.ok(many(7).every((tail) => made.has(tail)));
  });
});
