/** verify: the destinations are asked whether what has arrived is there, and the answers stand beside the manifest. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { isInSample, readFraction } from '../../dist/manifest/verification.js';
import type { Campaign } from '../support/campaign.js';
import { start } from '../support/runProgram.js';
import { realGfal, Storages } from '../support/storages.js';
import { until } from '../support/until.js';
import { Arriving, manifestOf, ONE, started, TWO } from './arrived.js';

/** ADLER32 of "hi\n". */
const HI = 'ADLER32:021700dc';

/** A campaign with these lists in DONE/Okay, `rest` behind each of their lines, and storages. */
async function okay(
  lists: Readonly<Record<string, readonly string[]>>,
  rest = '',
): Promise<{ campaign: Campaign; storages: Storages; to: (lfn: string) => string }> {
  const { campaign } = await Arriving.begin();
  await campaign.run('monitor', 0);
  for (const [name, lfns] of Object.entries(lists))
    campaign.write(`DONE/Okay/${name}`, lfns.map((lfn) => `${campaign.line(lfn)}${rest}\n`).join(''));
  const storages = new Storages();
  Object.assign(campaign.env, storages.env);
  return { campaign, storages, to: (lfn) => `${campaign.destination}${lfn}` };
}

const ledgerOf = (campaign: Campaign, name = 'manifest.tsv'): string[][] =>
  campaign
    .read(`${name}.verified.tsv`)
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('\t'));

describe('a manifest with --verify', { concurrency: 4 }, () => {
  test('says of each what its storage said, and names what is different or missing with both values', async () => {
    const lfns = ['/ok', '/other', '/short', '/gone', '/denied'];
    const { campaign, storages, to } = await okay({ [ONE]: lfns }, `  ${HI}  3`);
    storages.put(to('/ok'), 'hi\n');
    storages.put(to('/other'), 'ho\n');
    storages.put(to('/short'), 'h');
    const { of, ran, told } = await manifestOf(campaign, 3, '--verify', 'all');
    const verified = lfns.map((lfn) => of(lfn)['verified'] ?? '');
    assert.match(verified[0] ?? '', /^ok \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(verified.slice(1), ['different', 'different', 'missing', 'unknown']);
    assert.deepEqual(told['verified'], { ok: 1, different: 2, missing: 1, unknown: 1 });
    assert.match(ran.said, /2 transfers are different at their destinations; look at them with misc\/explain.js/);
    assert.match(ran.said, /\/other \(.*\): ADLER32:021700dc, 3 bytes expected, ADLER32:0[0-9a-f]{7}, 3 bytes found/);
    assert.match(ran.said, /\/short \(.*\): ADLER32:021700dc, 3 bytes expected, 1 bytes found/);
    assert.match(ran.said, /1 transfers are missing[^]*\/gone \(.*No such file/);
    assert.match(ran.said, /1 transfers could not be verified[^]*\/denied \(.*Permission denied/);
    const [first = []] = ledgerOf(campaign);
    assert.deepEqual(first.slice(1), [ONE, to('/ok'), 'ok', HI, '3', 'list', '-']);
  });

  test('has the checksum that the storage gave where the list has none, and the size', async () => {
    const { campaign, storages, to } = await okay({ [ONE]: ['/a', '/b'] });
    for (const lfn of ['/a', '/b']) for (const url of [`${campaign.source}${lfn}`, to(lfn)]) storages.put(url, 'hi\n');
    const { of } = await manifestOf(campaign, 0, '--verify', 'all');
    const { size, checksum, checksum_from: from } = of('/a');
    assert.deepEqual([size, checksum, from], ['3', HI, 'gfal-sum']);
    assert.deepEqual(ledgerOf(campaign)[0]?.[6], 'source');
  });

  test('takes the size that FTS reported for one that must be there', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    await arriving.carry({ [ONE]: ['/lhcb/a'] });
    const storages = new Storages();
    Object.assign(campaign.env, storages.env);
    storages.put(`${campaign.destination}/lhcb/a`, 'hi\n');
    const { ran } = await manifestOf(campaign, 3, '--verify', 'all');
    assert.match(ran.said, /4711 bytes expected, 3 bytes found/);
  });

  test('asks about the same part each time, which follows from the LFNs', async () => {
    const lfns = Array.from({ length: 40 }, (_, number) => `/lhcb/${number}`);
    const { campaign, storages, to } = await okay({ [ONE]: lfns }, `  ${HI}`);
    for (const lfn of lfns) storages.put(to(lfn), 'hi\n');
    const { lines } = await manifestOf(campaign, 0, '--verify', '30%');
    const asked = lines.filter(({ verified }) => verified !== '-').map(({ lfn }) => lfn);
    assert.deepEqual(
      asked,
      lfns.filter((lfn) => isInSample(lfn, 0.3)),
    );
    assert.ok(asked.length > 3 && asked.length < 25, String(asked.length));
    assert.ok(lfns.filter((lfn) => isInSample(lfn, 0.1)).every((lfn) => isInSample(lfn, 0.3)));
    const many = Array.from({ length: 20_000 }, (_, number) => `/lhcb/MC/2018/${number}`);
    const share = many.filter((lfn) => isInSample(lfn, 0.25)).length / many.length;
    assert.ok(share > 0.23 && share < 0.27, String(share));
    const plain = await manifestOf(campaign, 0, 'plain.tsv');
    assert.ok(plain.lines.every(({ verified }) => verified === '-'));
  });

  test('that is stopped leaves the answers and no manifest, and the same command goes on behind them', async () => {
    const [first, second] = [1, 2].map((list) => Array.from({ length: 20 }, (_, number) => `/${list}/${number}`));
    const { campaign, storages, to } = await okay({ [ONE]: first ?? [], [TWO]: second ?? [] }, `  ${HI}  3`);
    for (const lfn of [...(first ?? []), ...(second ?? [])]) storages.put(to(lfn), 'hi\n');
    const file = campaign.path('manifest.tsv');
    const args = ['--base', campaign.base, '--out', file, '--verify', 'all', '--parallel', '1'];
    const child = start('misc/manifest', { base: campaign.base, env: campaign.env, args });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await until('some were asked about', () => storages.asked().length >= 6);
    child.kill('SIGINT');
    assert.equal(await ended, 3, stdout);
    assert.match(stdout, /No manifest was written: the run was asked to stop \(SIGINT\); what the storages have said/);
    assert.ok(stdout.includes(`--out ${file} --verify all --parallel 1 --timeout 60`), stdout);
    assert.equal(campaign.has('manifest.tsv'), false);
    const before = storages.asked().filter((line) => line.startsWith('gfal-sum')).length;
    assert.ok(before >= 2 && before < 40, String(before));
    assert.equal(ledgerOf(campaign).length, before);
    // As a kill leaves the line at hand.
    appendFileSync(`${file}.verified.tsv`, '2018-04-12T10:11:12Z\tFTSL');
    const { lines } = await manifestOf(campaign, 0, '--verify', 'all');
    assert.ok(lines.every(({ verified }) => verified?.startsWith('ok ')));
    const sums = storages.asked().filter((line) => line.startsWith('gfal-sum'));
    assert.equal(sums.length, 40);
    assert.equal(new Set(sums).size, 40);
    assert.equal(ledgerOf(campaign).length, 40);
  });

  test('asks again about what was not proved, and about what the list says otherwise now', async () => {
    const { campaign, storages, to } = await okay({ [ONE]: ['/a', '/b', '/c'] }, `  ${HI}`);
    for (const lfn of ['/a', '/b']) storages.put(to(lfn), 'hi\n');
    await manifestOf(campaign, 3, '--verify', 'all');
    campaign.move('manifest.tsv', 'old.tsv');
    storages.put(to('/c'), 'hi\n');
    const lines = ['/a', '/b', '/c'].map((lfn) => campaign.line(lfn));
    campaign.write(`DONE/Okay/${ONE}`, `${lines[0]}  ${HI}\n${lines[1]}  ADLER32:1\n${lines[2]}  ${HI}\n`);
    const asked = storages.asked().length;
    const { of } = await manifestOf(campaign, 3, '--verify', 'all');
    const again = storages.asked().slice(asked).join('\n');
    assert.equal(again.includes('/a'), false);
    assert.deepEqual([of('/b')['verified'], of('/c')['verified']?.slice(0, 2)], ['different', 'ok']);
  });

  test('goes on behind no record of another campaign', async () => {
    const { campaign } = await okay({ [ONE]: ['/a'] });
    campaign.write('manifest.tsv.verified.tsv', '# verified by castor2echo for campaign other\n');
    const refused = await started(campaign, '--out', campaign.path('manifest.tsv'), '--verify', 'all');
    assert.equal(refused.exit, 2);
    assert.match(refused.stderr, /no record of verifications of this campaign/);
  });

  test('without gfal2 says what to install', async () => {
    const { campaign } = await okay({ [ONE]: ['/a'] });
    Object.assign(campaign.env, { PATH: '/nowhere' });
    const refused = await started(campaign, '--out', campaign.path('manifest.tsv'), '--verify', 'all');
    assert.equal(refused.exit, 2);
    assert.match(refused.stderr, /install gfal2-util/);
    assert.equal(campaign.has('manifest.tsv'), false);
  });

  test('asks the real gfal2', { skip: realGfal() === null }, async () => {
    const { campaign } = await okay({});
    Object.assign(campaign.env, realGfal());
    const line = (name: string, query: string): string =>
      `srm://castor.example.org/${name}  mock://host.example.org/${name}?${query}  ADLER32:0a1b2c3d  7\n`;
    campaign.write(
      'DONE/Okay/a.txt',
      line('a', 'size=7&checksum=0a1b2c3d') +
        line('b', 'size=7&checksum=0') +
        line('c', 'errno=2') +
        line('d', 'errno=13'),
    );
    const { lines } = await manifestOf(campaign, 3, '--verify', 'all');
    assert.deepEqual(
      lines.map(({ verified }) => verified?.split(' ')[0]),
      ['ok', 'different', 'missing', 'unknown'],
    );
  });
});

test('a part is said as a fraction, in per cent, or as all', () => {
  assert.deepEqual(['all', '0.01', '1%', '0.5 %', '100%'].map(readFraction), [1, 0.01, 0.01, 0.005, 1]);
  for (const wrong of ['', '0', '1', '2', '101%', '-1', 'x', '1e-3', '%'])
    assert.throws(() => readFraction(wrong), wrong);
});

test('what a verification says it would go on with is what it was told', () => {
  for (const part of ['0.7%', '0.3%', '33.3%'])
    assert.equal(readFraction(String(readFraction(part))), readFraction(part));
});
