/**
 * sources: an old copy is deleted only when each new one is there, as it should be, at that moment.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { runWithin } from '../support/runWithin.js';
import { Removing, type Ran } from './removing.js';

const HEAD =
  '# lfn\tsource\tdestination\tsize\tchecksum\tchecksum_from\tknown_by\tserver\tjob_id\tattempts\tfinished_at\tverified';
const [A, B] = ['lhcb/a', 'lhcb/b'];

class Moved {
  readonly made: Removing;
  readonly under: string;

  private constructor(made: Removing) {
    this.made = made;
    this.under = `gsiftp://castor.example.org/prod/`;
  }

  /** These files were copied, all of them well. */
  static async with(tails: readonly string[]): Promise<Moved> {
    const moved = new Moved(await Removing.with(tails));
    for (const tail of tails) moved.made.storages.put(moved.source(tail), 'hi\n');
    moved.manifest(tails.map((tail) => moved.row(tail)));
    return moved;
  }

  source(tail: string): string {
    return this.under + tail;
  }

  row(tail: string, verified = 'ok 2018-04-12T10:00:00Z', checksum = 'ADLER32:021700dc'): string {
    const urls = [`/${tail}`, this.source(tail), this.made.url(tail)];
    return [...urls, '3', checksum, 'list', 'FTS', 'RAL', '-', '1', '2018-04-12T09:00:00Z', verified].join('\t');
  }

  manifest(rows: readonly string[], seal: string | null = null): void {
    const text = [HEAD, ...rows].map((line) => `${line}\n`).join('');
    const sha256 = createHash('sha256').update(text).digest('hex');
    this.made.write(
      'manifest.tsv',
      `${text}${seal ?? `# ${rows.length} transfers, ${3 * rows.length} bytes, sha256 ${sha256}`}\n`,
    );
  }

  async remove(files: number, ...options: readonly string[]): Promise<Ran> {
    const { campaign, directory, storages } = this.made;
    const args = ['--base', campaign.base, '--wait', '0', '--sources', join(directory, 'manifest.tsv')];
    const consent = ['--yes', '--expect', String(files)];
    const all = [...args, '--under', this.under, ...consent, ...options];
    const ended = await runWithin('misc/removeDark', all, { env: storages.env });
    return { ...ended, text: ended.stdout + ended.stderr };
  }

  /** Which of the old copies are there. */
  there(...tails: readonly string[]): boolean[] {
    return tails.map((tail) => this.made.storages.has(this.source(tail)));
  }
}

async function leftOut(moved: Moved, why: RegExp): Promise<void> {
  const ran = await moved.remove(1);
  assert.equal(ran.exit, 3, ran.text);
  assert.match(ran.text, why);
  assert.deepEqual(moved.there(A, B), [true, false]);
}

test('what has arrived has its old copy deleted, and the new one stays', async () => {
  const moved = await Moved.with([A, B]);
  const ran = await moved.remove(2);
  assert.equal(ran.exit, 0, ran.text);
  assert.deepEqual(moved.there(A, B), [false, false]);
  assert.deepEqual([moved.made.has(A), moved.made.has(B)], [true, true]);
  assert.match(ran.text, /removed-manifest\.tsv says which/);
});

test('an old copy stays whose new one is missing, different, or cannot be looked at now', async () => {
  const missing = await Moved.with([A, B]);
  missing.manifest([missing.row(A).replace(missing.made.url(A), missing.made.url('lhcb/not')), missing.row(B)]);
  await leftOut(missing, /its copy is missing/);
  const different = await Moved.with([A, B]);
  different.made.put(A, 'ha\n');
  await leftOut(different, /its copy is different/);
  const broken = await Moved.with([A, B]);
  broken.manifest([broken.row(A).replace(broken.made.url(A), broken.made.url('broken')), broken.row(B)]);
  await leftOut(broken, /nobody can tell whether its copy is right/);
});

test('an old copy stays of which only one of two new ones is there', async () => {
  const moved = await Moved.with([A, B]);
  const other = moved.row(A).replace(moved.made.url(A), moved.made.url('lhcb/not'));
  moved.manifest([moved.row(A), other, moved.row(B)]);
  await leftOut(moved, /its copy is missing/);
});

test('an old copy stays that has another size than the manifest says', async () => {
  const moved = await Moved.with([A, B]);
  moved.made.storages.put(moved.source(A), 'anew');
  await leftOut(moved, /it has another size/);
});

for (const place of ['TODO', 'DOING', 'DONE/Bad'])
  test(`an old copy stays that a list in ${place} copies from, through whatever door`, async () => {
    const moved = await Moved.with([A, B]);
    const { campaign } = moved.made;
    campaign.write(
      `${place}/a.txt`,
      `srm://alias.example.org:8443/srm?SFN=/castor/prod/${A}  ${campaign.destination}/x\n`,
    );
    await leftOut(moved, /a list still copies from it \(.*\/a\.txt\)/);
  });

test('an old copy stays from which an LFN list will be cut', async () => {
  const moved = await Moved.with([A, B]);
  const { campaign } = moved.made;
  campaign.lfns('second.list', ['/lhcb/other', `/${A}`]);
  await leftOut(moved, /a list still copies from it \(TODO\/ListOfLFNs\/second\.list:2, not cut yet\)/);
});

test('an LFN list that is not read has nothing deleted', async () => {
  const moved = await Moved.with([A, B]);
  moved.made.campaign.lfns('second.list', ['a,b', 'c,d']);
  const ran = await moved.remove(2);
  assert.equal(ran.exit, 3, ran.text);
  assert.match(
    ran.text,
    /LFN lists of the campaign cannot be read, and may copy from these files: TODO\/ListOfLFNs\/second\.list/,
  );
  assert.deepEqual(moved.there(A, B), [true, true]);
});

test('the same command with the same number goes on, and says that all is gone when it is', async () => {
  const moved = await Moved.with([A, B]);
  assert.equal((await moved.remove(2)).exit, 0);
  const again = await moved.remove(2);
  assert.equal(again.exit, 0, again.text);
  assert.match(again.text, /2 are over already/);
});

test('what is itself the destination of a transfer stays', async () => {
  const moved = await Moved.with([A, B]);
  const { campaign } = moved.made;
  campaign.write('DONE/Okay/a.txt', `${campaign.source}/x  ${moved.source(A).replace('castor.', 'CASTOR.')}\n`);
  await leftOut(moved, /it is the destination of a transfer/);
});

test('rows that were not verified, or that lie elsewhere, are not looked at', async () => {
  const moved = await Moved.with([A, B]);
  const elsewhere = moved.row('lhcb/c').replace('castor.example.org', 'other.example.org');
  moved.manifest([moved.row(A, '-'), moved.row(B, 'missing'), elsewhere]);
  const ran = await moved.remove(0);
  assert.equal(ran.exit, 3, ran.text);
  assert.match(
    ran.text,
    /Nothing that is verified lies below .*: 2 rows are not verified, 1 lie elsewhere, such as gsiftp:\/\/other/,
  );
  assert.deepEqual(moved.there(A, B), [true, true]);
});

test('a manifest that was changed, cut off or is none has nothing deleted', async () => {
  const moved = await Moved.with([A, B]);
  const seal = `# 2 transfers, 6 bytes, sha256 ${'0'.repeat(64)}`;
  moved.manifest([moved.row(A), moved.row(B)], seal);
  const cases: (() => void)[] = [
    () => moved.manifest([moved.row(A), moved.row(B)], seal),
    () => moved.manifest([moved.row(A), moved.row(B)], '# the end'),
    () => moved.made.write('manifest.tsv', [HEAD, moved.row(A)]),
    () => moved.made.write('manifest.tsv', ['# dark below prod: path, size, checksum', `prod/${A}\t3\t-`]),
    () => moved.made.write('manifest.tsv', ''),
  ];
  for (const spoil of cases) {
    spoil();
    const ran = await moved.remove(2);
    assert.equal(ran.exit, 3, ran.text);
    assert.match(ran.text, /Nothing was deleted: Cannot use the manifest .*: its (?:last|first) line /);
    assert.deepEqual(moved.there(A, B), [true, true]);
  }
});

test('--limit and the number hold here too, and what is for a dark list alone is refused', async () => {
  const moved = await Moved.with([A, B]);
  for (const [files, options, exit, why] of [
    [2, ['--limit', '1'], 3, /over 1 sources below .* have arrived/],
    [1, [], 2, /2 files would be, and --expect says 1/],
    [2, ['--no-campaign'], 2, /--sources needs the campaign/],
    [2, ['--force', 'x'], 2, /are for a dark list/],
  ] as const) {
    const ran = await moved.remove(files, ...options);
    assert.equal(ran.exit, exit, ran.text);
    assert.match(ran.text, why);
    assert.deepEqual(moved.there(A, B), [true, true]);
  }
});

test('where source and destination are one storage under two names, no more than one file is lost', async () => {
  const tails = [A, B, 'lhcb/c'];
  const moved = await Moved.with([]);
  const { storages } = moved.made;
  for (const tail of tails) storages.put(moved.source(tail), 'hi\n');
  symlinkSync(
    join(storages.env['STORAGE_ROOT'] ?? '', 'castor.example.org'),
    join(storages.env['STORAGE_ROOT'] ?? '', 'alias.example.org'),
  );
  moved.manifest(
    tails.map((tail) => moved.row(tail).replace(moved.made.url(tail), `gsiftp://alias.example.org/prod/${tail}`)),
  );
  const ran = await moved.remove(3);
  assert.equal(ran.exit, 3, ran.text);
  assert.match(ran.text, /2 files not tried: when .* was deleted, its copy is missing .*: both may be one storage/);
  assert.deepEqual(moved.there(...tails), [false, true, true]);
});
