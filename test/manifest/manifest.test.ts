/** manifest: what has arrived, every transfer, with what is known of it and how. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Arriving, manifestOf, ONE, SIZE, started, THREE, TWO } from './arrived.js';

const HEADER =
  '# lfn\tsource\tdestination\tsize\tchecksum\tchecksum_from\tknown_by\tserver\tjob_id\tattempts\tfinished_at\tverified';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

describe('a manifest', { concurrency: 4 }, () => {
  test('has every column of what FTS has carried, also of what came with a second attempt', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    await arriving.carry({ [ONE]: ['/lhcb/a', '/lhcb/fails'], [TWO]: ['/lhcb/b'] });
    await arriving.carry();
    const { text, lines, of, told, ran } = await manifestOf(campaign, 0);
    assert.ok(text.startsWith(`${HEADER}\n`));
    assert.deepEqual(
      lines.map(({ lfn }) => lfn),
      ['/lhcb/fails', '/lhcb/a', '/lhcb/b'],
    );
    const { finished_at: at, job_id: job, ...rest } = of('/lhcb/a');
    assert.match(at ?? '', TIME);
    assert.deepEqual(
      campaign.rows('SELECT job_id FROM job WHERE list = ?', ONE).map((row) => row['job_id']),
      [job],
    );
    assert.deepEqual(rest, {
      lfn: '/lhcb/a',
      source: `${campaign.source}/lhcb/a`,
      destination: `${campaign.destination}/lhcb/a`,
      size: String(SIZE),
      checksum: '-',
      checksum_from: '-',
      known_by: 'FTS',
      server: 'RAL',
      attempts: '1',
      verified: '-',
    });
    assert.deepEqual([of('/lhcb/fails')['attempts'], of('/lhcb/b')['attempts']], ['2', '1']);
    assert.equal(told['complete'], true);
    assert.equal(told['bytes'], String(3 * SIZE));
    assert.match(ran.said, /^$/);
  });

  test('takes size and checksum of the list before those of FTS, and names where sizes differ', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    campaign.put('TODO', ONE, ['/lhcb/a', '/lhcb/b']);
    campaign.write(
      `TODO/${ONE}`,
      `${campaign.line('/lhcb/a')}  ADLER32:0a1b2c3d  ${SIZE}\n${campaign.line('/lhcb/b')}  MD5:0123456789abcdef0123456789abcdef\n`,
    );
    await arriving.carry();
    // By hand: what FTS has copied otherwise the monitor does not take for okay.
    campaign.write(`DONE/Okay/${ONE}`, campaign.read(`DONE/Okay/${ONE}`).replace(`  ${SIZE}\n`, '  17\n'));
    const { of, ran } = await manifestOf(campaign, 3);
    const { size, checksum, checksum_from: from } = of('/lhcb/a');
    assert.deepEqual([size, checksum, from], ['17', 'ADLER32:0a1b2c3d', 'list']);
    assert.deepEqual(
      [of('/lhcb/b')['size'], of('/lhcb/b')['checksum']],
      [String(SIZE), 'MD5:0123456789abcdef0123456789abcdef'],
    );
    assert.match(
      ran.said,
      new RegExp(`1 transfers have another size.*\n/lhcb/a .*: 17 bytes in the list, ${SIZE} by FTS`),
    );
  });

  test('says how each is known: FTS, adopted, found, or by nobody', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    await arriving.carry({ [ONE]: ['/lhcb/a'], [TWO]: ['/lhcb/theirs'], [THREE]: ['/lhcb/old1', '/lhcb/old2'] });
    campaign.leave("UPDATE job SET sid = '' WHERE list = ?", TWO);
    campaign.leave(
      'UPDATE job SET sent = NULL, sent_hash = NULL, pair_hashes = NULL, arrived = NULL WHERE list = ?',
      THREE,
    );
    campaign.write(
      'DONE/Okay/found.txt',
      `# castor2echo 1 ${campaign.uuid()}\n# found by gfal-sum | 2018-04-12T10:11:12Z\n${campaign.line('/lhcb/found')}  -  5\n`,
    );
    campaign.write(
      'DONE/Okay/hand.txt',
      `${campaign.line('/lhcb/hand')}\nsrm://elsewhere.org/x  ${campaign.destination}/x\n`,
    );
    const { of, told } = await manifestOf(campaign, 0);
    const knownOf = (lfn: string): unknown[] => {
      const { known_by: by, server, attempts, size, finished_at: at } = of(lfn);
      return [by, server, attempts, size, TIME.test(at ?? '') ? 'time' : at];
    };
    assert.deepEqual(knownOf('/lhcb/a'), ['FTS', 'RAL', '1', String(SIZE), 'time']);
    assert.deepEqual(knownOf('/lhcb/theirs'), ['adopted', 'RAL', '1', String(SIZE), 'time']);
    assert.deepEqual(knownOf('/lhcb/old1'), ['FTS', 'RAL', '1', '-', '-']);
    assert.deepEqual(knownOf('/lhcb/found'), ['found', '-', '-', '5', 'time']);
    assert.equal(of('/lhcb/found')['finished_at'], '2018-04-12T10:11:12Z');
    assert.deepEqual(knownOf('/lhcb/hand'), ['unknown', '-', '-', '-', '-']);
    assert.deepEqual(knownOf('srm://elsewhere.org/x'), ['unknown', '-', '-', '-', '-']);
    assert.deepEqual(told['knownBy'], { FTS: 3, adopted: 1, found: 1, unknown: 2 });
    assert.equal(told['withoutSize'], 4);
  });

  test('knows the lines of a list that was edited by hand by what was sent, and those of version 1.0 by their places', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    await arriving.carry({
      [ONE]: ['/lhcb/a', '/lhcb/b'],
      [TWO]: ['/lhcb/c', '/lhcb/d'],
      [THREE]: ['/lhcb/e', '/lhcb/f'],
    });
    campaign.leave('UPDATE job SET sent = NULL, sent_hash = NULL, pair_hashes = NULL WHERE list <> ?', ONE);
    // Other sizes tell the places apart.
    const { arrived } = campaign.rows<{ arrived: Buffer }>('SELECT arrived FROM job WHERE list = ?', ONE)[0] ?? {};
    assert.ok(arrived);
    arrived.writeUIntLE(1, 0, 6);
    arrived.writeUIntLE(2, 10, 6);
    campaign.leave('UPDATE job SET arrived = ?', arrived);
    const lines = ['/lhcb/b', '/lhcb/new', '/lhcb/a'].map((lfn) => `${campaign.line(lfn)}\n`);
    campaign.write(`DONE/Okay/${ONE}`, lines.join(''));
    campaign.write(`DONE/Okay/${THREE}`, `${campaign.line('/lhcb/f')}\n`);
    const { of } = await manifestOf(campaign, 0);
    const sizes = ['a', 'b', 'new', 'c', 'd', 'f'].map((each) => of(`/lhcb/${each}`)['size']);
    assert.deepEqual(sizes, ['1', '2', '-', '1', '2', '-']);
    assert.deepEqual([of('/lhcb/new')['known_by'], of('/lhcb/f')['known_by']], ['unknown', 'FTS']);
  });

  test('belongs a list that stands beside another of its name to that list', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    campaign.write(`DONE/Okay/${ONE}`, `${campaign.line('/lhcb/before')}\n`);
    await arriving.carry({ [ONE]: ['/lhcb/a'] });
    const beside = ONE.replace('.txt', '~2.txt');
    assert.deepEqual(campaign.lists('DONE/Okay'), [ONE, beside]);
    const { of } = await manifestOf(campaign, 0);
    assert.deepEqual([of('/lhcb/a')['known_by'], of('/lhcb/before')['known_by']], ['FTS', 'unknown']);
  });

  test('counts a run that was cut off as the next one will finish it, and says what has not arrived', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    await arriving.carry({ [ONE]: ['/lhcb/a'], [TWO]: ['/lhcb/b'] });
    // As a kill leaves it after the commit, before the move.
    campaign.move(`DONE/Okay/${ONE}`, `DOING/${ONE}`);
    const open = (list: string, steps: readonly object[]): void =>
      campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', list, JSON.stringify(steps));
    open(ONE, [{ op: 'move', from: `DOING/${ONE}`, to: `DONE/Okay/${ONE}` }]);
    open('x.txt', [{ op: 'place', path: 'DONE/Okay/x.txt', content: `${campaign.line('/lhcb/x')}\n` }]);
    campaign.put('TODO', THREE, ['/lhcb/c', '/lhcb/d']);
    campaign.write('DOING/y.txt', `${campaign.line('/lhcb/y')}\n`);
    campaign.write('DONE/Bad/z.txt', `# permanent: gone\n${campaign.line('/lhcb/z')}\n`);
    campaign.write('DONE/Dirty/z.txt', `${campaign.line('/lhcb/z')}\n`);
    campaign.lfns('new.list', ['/lhcb/e', '# no LFN', '/lhcb/f']);
    const { lines, told } = await manifestOf(campaign, 0);
    assert.deepEqual(lines.map(({ lfn, known_by: by }) => `${lfn} ${by}`).sort(), [
      '/lhcb/a FTS',
      '/lhcb/b FTS',
      '/lhcb/x unknown',
    ]);
    assert.equal(told['complete'], false);
    assert.deepEqual(told['elsewhere'], {
      transfers: { TODO: 2, DOING: 1, 'DONE/Bad': 1 },
      uncut: 2,
      open: 2,
      aside: 0,
      strange: [],
    });
    const text = (await started(campaign, '--out', campaign.path('again.tsv'))).stdout;
    assert.match(text, /not complete: 2 in TODO, 1 in DOING, 1 in DONE\/Bad, 2 lines of LFN lists not cut yet/);
    assert.match(text, /2 transitions open in the journal/);
  });

  test('is sorted as sort does it, and gzipped, with the same rows', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    const lfns = Array.from({ length: 60 }, (_, number) => `/lhcb/${(number * 37) % 60}/é${number}`);
    await arriving.carry({ [ONE]: lfns.slice(0, 20), [TWO]: lfns.slice(20, 40), [THREE]: lfns.slice(40) });
    const plain = await manifestOf(campaign, 0, 'plain.tsv');
    const sorted = await manifestOf(campaign, 0, 'sorted.tsv', '--sorted');
    const zipped = await manifestOf(campaign, 0, 'zipped.tsv.gz', '--sorted');
    assert.equal(zipped.text, sorted.text);
    const body = plain.text.split('\n').slice(1, -2);
    const expected = execFileSync('sort', { input: `${body.join('\n')}\n`, env: { LC_ALL: 'C' }, encoding: 'utf8' });
    assert.equal(`${sorted.text.split('\n').slice(1, -2).join('\n')}\n`, expected);
    const file = campaign.path('sorted.tsv');
    const judged = execFileSync('sh', ['-c', `head -n -1 '${file}' | sha256sum`], { encoding: 'utf8' });
    assert.ok(sorted.text.trimEnd().endsWith(judged.split(' ')[0] ?? 'no hash'));
  });

  test('names lines and lists that it cannot have', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    await arriving.carry({ [ONE]: ['/lhcb/a'] });
    campaign.write('DONE/Okay/odd.txt', `${campaign.line('/lhcb/odd')}\nwhat is this?\n`);
    campaign.write('DONE/Okay/notes', 'a person wrote this');
    const { lines, ran } = await manifestOf(campaign, 3);
    assert.equal(lines.length, 2);
    assert.match(ran.said, /DONE\/Okay\/odd.txt has 1 line that are no transfers/);
    assert.match(ran.said, /not counted, as they are no lists: DONE\/Okay\/notes/);
  });

  test('of a campaign without anything is empty and whole', async () => {
    const arriving = await Arriving.begin();
    await arriving.campaign.run('monitor', 0);
    const { lines } = await manifestOf(arriving.campaign, 0);
    assert.deepEqual(lines, []);
  });

  test('is written over nothing, and a dry run writes nothing', async () => {
    const arriving = await Arriving.begin();
    const { campaign } = arriving;
    await arriving.carry({ [ONE]: ['/lhcb/a'] });
    const before = readdirSync(campaign.base);
    const dry = await started(campaign, '--out', campaign.path('m.tsv'), '--dry-run', '--verify', 'all', '--sorted');
    assert.equal(dry.exit, 0, dry.stdout + dry.stderr);
    assert.match(dry.stdout, /dry run, nothing is written\): 1 transfer, 4711 bytes/);
    assert.match(dry.stdout, /would ask the storages for 1 transfer/);
    assert.deepEqual(readdirSync(campaign.base), before);
    campaign.write('m.tsv', 'mine');
    const refused = await started(campaign, '--out', campaign.path('m.tsv'));
    assert.equal(refused.exit, 2);
    assert.match(refused.stderr, /it is there already/);
    assert.equal(campaign.read('m.tsv'), 'mine');
    const nowhere = await started(campaign, '--out', campaign.path('no/m.tsv'));
    assert.equal(nowhere.exit, 2);
  });
});
