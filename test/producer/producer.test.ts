/**
 * producer: LFN lists are cut line after line, once each, whatever stands in them and whatever happens to them.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Campaign, choice } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { rehearsalServer } from '../support/rehearsed.js';

/** The producer asks no server. */
const nobody = [{ name: 'RAL', endpoint: 'http://127.0.0.1:1' }];
const lfnsFrom = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `/lhcb/data/${String(first + index).padStart(8, '0')}.dst`);

/** The LFNs of each list in a place, in the order of the names. */
const cutIn = (campaign: Campaign, place = 'TODO'): string[][] =>
  campaign.lists(place).map((name) =>
    campaign
      .read(`${place}/${name}`)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(campaign.source.length, line.indexOf('  '))),
  );

describe('the producer', { concurrency: 4 }, () => {
  test('cuts one LFN list after the other, goes on where it stopped, and takes up what has grown', async () => {
    const campaign = new Campaign(nobody, { producer: { lfns_per_list: 2, lists_per_run: 2 } });
    campaign.lfns('a.list', lfnsFrom(1, 5));
    campaign.lfns('b.list', lfnsFrom(11, 13));
    const first = await campaign.run('producer', 0);
    assert.deepEqual([first.counts['cut'], first.counts['transfers']], [2, 4]);
    await campaign.run('producer', 0);
    assert.deepEqual(cutIn(campaign), [lfnsFrom(1, 2), lfnsFrom(3, 4), lfnsFrom(5, 5), lfnsFrom(11, 12)]);
    everyTransferOnce(campaign.base);

    campaign.lfns('a.list', lfnsFrom(6, 6));
    const grown = await campaign.run('producer', 0);
    assert.deepEqual(cutIn(campaign).slice(4), [lfnsFrom(6, 6), lfnsFrom(13, 13)]);
    const [list = ''] = grown.lists.map((each) => each.list);
    const size = `${lfnsFrom(1, 1)[0]}\n`.length;
    assert.deepEqual(campaign.read(`TODO/${list}`).split('\n').slice(0, 2), [
      `# castor2echo 1 ${campaign.uuid()}`,
      `# from TODO/ListOfLFNs/a.list bytes ${5 * size}-${6 * size - 1}`,
    ]);
    assert.match(list, /^FTSList-\d{8}-\d{6}-\d{4}\.txt$/);
    assert.match(await campaign.text('producer', 0), /no LFNs remain/);
    assert.equal(campaign.lists('TODO').length, 6);
    everyTransferOnce(campaign.base);
  });

  test('gives each list another name in a dry run too, also those of another LFN list', async () => {
    const campaign = new Campaign(nobody, { producer: { lfns_per_list: 2, lists_per_run: 4 } });
    campaign.lfns('a.list', lfnsFrom(1, 4));
    campaign.lfns('b.list', lfnsFrom(11, 14));
    const { lists } = await campaign.run('producer', 0, ['--dry-run']);
    assert.equal(new Set(lists.map(({ list }) => list)).size, 4);
  });

  test('says how long the rest lasts, and cuts as much as it is asked for', async () => {
    const campaign = new Campaign(nobody);
    campaign.lfns('a.list', lfnsFrom(1, 100));
    assert.match(
      await campaign.text('producer', 0),
      /about 80 LFNs remain: less than a day at the present pace \(240 a day\)/,
    );
    const ran = await campaign.run('producer', 0, ['--lfns', '7', '--lists', '3']);
    assert.deepEqual([ran.counts['cut'], ran.counts['transfers']], [3, 21]);
    assert.deepEqual(
      cutIn(campaign).map((lfns) => lfns.length),
      [20, 7, 7, 7],
    );
    everyTransferOnce(campaign.base);
  });

  test('reads what people and programs write, and accounts for every line', async () => {
    const campaign = new Campaign(nobody, { producer: { lfns_per_list: 100 } });
    const long = `/lhcb/${'x'.repeat(1100)}`;
    const lines: [line: string | Buffer, why?: RegExp][] = [
      ['\ufeff# exported\r\n'],
      ['/lhcb/crlf.dst\r\n'],
      ['  LFN:/lhcb/prefixed.dst  \n'],
      ['\n'],
      ['   \r\n'],
      ['/lhcb/complete.dst ADLER32:0a1b2c3d 1000\n'],
      ['lhcb/relative.dst\n', /^is no LFN: one begins with a slash: lhcb\/relative\.dst$/],
      ['/lhcb/a blank.dst\n', /^has a blank inside: /],
      ['/lhcb/crlf.dst\n'],
      ['/lhcb/esc\u001b[2J.dst\n', /^has a control or invisible character: \/lhcb\/esc\\x1b\[2J\.dst$/],
      [Buffer.from('/lhcb/latin\xe9.dst\n', 'latin1'), /^is not UTF-8: \/lhcb\/latin\\xe9\.dst$/],
      [`${long}\n`, /^is too long: \d+ characters with its prefix, FTS takes 1100: /],
      ['# a comment\n'],
      ['/lhcb/not-ended-yet.dst'],
    ];
    const file = 'TODO/ListOfLFNs/odd.list';
    campaign.write(file, Buffer.concat(lines.map(([line]) => Buffer.from(line))));
    const ran = await campaign.run('producer', 0);
    const [name = ''] = ran.lists.map((each) => each.list);
    assert.deepEqual(ran.of(name).to, [`DONE/Bad/${name}`, `TODO/${name}`]);
    assert.deepEqual(cutIn(campaign), [['/lhcb/crlf.dst', '/lhcb/prefixed.dst', '/lhcb/complete.dst']]);
    assert.ok(
      campaign.read(`TODO/${name}`).includes(`${campaign.line('/lhcb/complete.dst')}  ADLER32:0a1b2c3d  1000\n`),
    );
    const comments = campaign.read(`DONE/Bad/${name}`).trimEnd().split('\n').slice(2);
    const bad = lines.flatMap(([, why], index) => (why === undefined ? [] : [{ why, line: index + 1 }]));
    assert.equal(comments.length, bad.length);
    bad.forEach(({ why, line }, index) => {
      const begin = `# bad LFN: ${file}:${line}: `;
      const comment = comments[index] ?? '';
      assert.ok(comment.startsWith(begin), comment);
      assert.match(comment.slice(begin.length), why);
    });
    assert.match(ran.said, /5 lines of "TODO\/ListOfLFNs\/odd\.list"/);
    assert.match(ran.said, /1 LFN of "TODO\/ListOfLFNs\/odd\.list" dropped/);
    const counts = 'SELECT transfers, duplicates, bad_lines AS bad FROM lfn_list';
    assert.deepEqual(campaign.rows(counts), [{ transfers: 3, duplicates: 1, bad: 5 }]);
    everyTransferOnce(campaign.base);

    // The last line may still be growing, until the file is a minute old.
    const before = Date.now() / 1000 - 61;
    utimesSync(campaign.path(file), before, before);
    await campaign.run('producer', 0);
    assert.deepEqual(cutIn(campaign)[1], ['/lhcb/not-ended-yet.dst']);
    campaign.write(
      file,
      Buffer.concat([...lines.map(([line]) => Buffer.from(line)), Buffer.from('\n/lhcb/next.dst\n')]),
    );
    await campaign.run('producer', 0);
    assert.deepEqual(cutIn(campaign)[2], ['/lhcb/next.dst']);
    assert.deepEqual(campaign.rows(counts), [{ transfers: 5, duplicates: 1, bad: 5 }]);
    everyTransferOnce(campaign.base);
  });

  test('does not go on in a file that is another one now, nor begin one that it has begun under another name', async () => {
    const campaign = new Campaign(nobody, { producer: { lfns_per_list: 2 } });
    const [changed, shrunk, copied] = ['a.list', 'b.list', 'c.list'];
    const path = (name: string): string => `TODO/ListOfLFNs/${name}`;
    for (const [index, name] of [changed, shrunk, copied].entries()) {
      campaign.lfns(name, lfnsFrom(10 * index, 10 * index + 3));
      if (name !== copied) await campaign.run('producer', 0, ['--lists', '1']);
      else await campaign.run('producer', 0, ['--lists', '3']);
    }
    // a is cut up to its end by the third run, so it has to grow to be read again.
    campaign.write(path(changed), campaign.read(path(changed)).replace('00000001', '99999999'));
    campaign.lfns(changed, lfnsFrom(4, 5));
    campaign.write(path(shrunk), `${lfnsFrom(10, 10)[0]}\n`);
    copyFileSync(campaign.path(path(copied)), campaign.path(path('copy.list')));
    campaign.write(path('copy.list.bak'), '/lhcb/backup.dst\n');
    campaign.lfns('z.list', lfnsFrom(90, 91));

    const ran = await campaign.run('producer', 3);
    assert.match(ran.said, /LFN list "TODO\/ListOfLFNs\/a\.list" is not read: has other content than when it was read/);
    assert.match(ran.said, /LFN list "TODO\/ListOfLFNs\/b\.list" is not read: has shrunk from \d+ to \d+ bytes/);
    assert.match(ran.said, /copy\.list" is not read: it begins like "TODO\/ListOfLFNs\/c\.list"/);
    assert.match(
      await campaign.text('producer', 3),
      /not read, by their names no LFN lists: TODO\/ListOfLFNs\/copy\.list\.bak/,
    );
    const cut = cutIn(campaign).flat();
    assert.equal(new Set(cut).size, cut.length);
    assert.ok(cut.includes('/lhcb/data/00000091.dst'), 'the other LFN lists are cut all the same');
    assert.ok(!cut.includes('/lhcb/data/00000005.dst'));
    assert.ok(!cut.includes('/lhcb/backup.dst'));
  });

  test('a name never goes back behind the last one used, whatever the clock does', async () => {
    const campaign = new Campaign(nobody, { producer: { lfns_per_list: 1 } });
    campaign.lfns('a.list', lfnsFrom(1, 3));
    await campaign.run('monitor', 0);
    campaign.leave("UPDATE campaign SET last_stamp = '20991231-235959-9998'");
    await campaign.run('producer', 0, ['--lists', '3']);
    const names = [
      'FTSList-20991231-235959-9999.txt',
      'FTSList-21000101-000000-0001.txt',
      'FTSList-21000101-000000-0002.txt',
    ];
    assert.deepEqual(campaign.lists('TODO'), names);
    assert.deepEqual(
      cutIn(campaign),
      [1, 2, 3].map((number) => lfnsFrom(number, number)),
    );
  });

  test('the first route that fits the name of the LFN list decides; without one nothing is cut', async () => {
    const campaign = new Campaign(nobody);
    const route = (match: string, kind: string): string =>
      `[[route]]\nmatch = "${match}"\nsource = "srm://castor.example.org/${kind}"\ndestination = "gsiftp://echo.example.org/${kind}"\n`;
    const settings = (...routes: string[]): void =>
      campaign.write(
        'castor2echo.toml',
        `${routes.join('')}[[fts.server]]\nname = "RAL"\nendpoint = "http://127.0.0.1:1"\n`,
      );
    settings(route('*USER*', 'user'), route('*BUFFER*', 'buffer'));
    mkdirSync(campaign.path('TODO/ListOfLFNs/USER'));
    campaign.lfns('1-USER.list', ['/one.dst']);
    campaign.lfns('2-BUFFER-of-USER.list', ['/two.dst']);
    campaign.lfns('3-user.list', ['/three.dst']);
    const refused = await campaign.run('producer', 2);
    assert.match(
      refused.said,
      /Cannot cut LFN list "TODO\/ListOfLFNs\/3-user\.list": no \[\[route\]\] matches its name/,
    );
    assert.deepEqual(campaign.lists('TODO'), []);
    settings(route('*USER*', 'user'), route('*BUFFER*', 'buffer'), route('*', 'all'));
    await campaign.run('producer', 0, ['--lists', '9']);
    const lines = campaign.lists('TODO').map((name) => campaign.read(`TODO/${name}`).trimEnd().split('\n').at(-1));
    assert.deepEqual(
      lines,
      ['user/one', 'user/two', 'all/three'].map(
        (path) => `srm://castor.example.org/${path}.dst  gsiftp://echo.example.org/${path}.dst`,
      ),
    );
    everyTransferOnce(campaign.base);
  });

  test('what a killed `sed -i` has left beside an LFN list is named, and not cut as a second copy', async () => {
    const campaign = new Campaign(nobody);
    campaign.lfns('a.list', lfnsFrom(1, 5));
    campaign.lfns('sedAbC123', lfnsFrom(3, 5));
    assert.match(
      await campaign.text('producer', 0),
      /not read, by their names no LFN lists: TODO\/ListOfLFNs\/sedAbC123/,
    );
    assert.deepEqual(cutIn(campaign), [lfnsFrom(1, 5)]);
    assert.match(await campaign.text('producer', 0), /no LFNs remain/);
    everyTransferOnce(campaign.base);
  });

  test('an LFN list that is gone is said, with what was not cut of it', async () => {
    const campaign = new Campaign(nobody, { producer: { lfns_per_list: 1 } });
    campaign.lfns('a.list', lfnsFrom(1, 3));
    await campaign.run('producer', 0);
    rmSync(campaign.path('TODO/ListOfLFNs/a.list'));
    assert.match(
      (await campaign.run('producer', 0)).said,
      /"TODO\/ListOfLFNs\/a\.list" is gone: 48 bytes of it were not cut/,
    );
  });

  test('checksums and sizes of an LFN list reach FTS with the settings of the job', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { job: { priority: 5, verify_checksum: 'source' } });
    campaign.lfns('a.list', ['/lhcb/one.dst ADLER32:0a1b2c3d 1000', '/lhcb/two.dst - 7']);
    await campaign.run('producer', 0);
    const [list = ''] = campaign.lists('TODO');
    await campaign.run('consumer', 0);
    const posted = ral.history.find(({ method }) => method === 'POST')?.body ?? '';
    const sentHash = campaign.rows<{ sent_hash: string }>('SELECT sent_hash FROM job')[0]?.sent_hash;
    const transfer = (lfn: string): object => ({
      sources: [campaign.source + lfn],
      destinations: [campaign.destination + lfn],
    });
    assert.deepEqual(JSON.parse(posted), {
      files: [
        { ...transfer('/lhcb/one.dst'), checksum: 'ADLER32:0a1b2c3d', filesize: 1000 },
        { ...transfer('/lhcb/two.dst'), filesize: 7 },
      ],
      params: {
        overwrite: true,
        verify_checksum: 'source',
        retry: 0,
        priority: 5,
        job_metadata: { campaign: campaign.uuid(), list, attempt: 1, sent: 2, sent_hash: sentHash },
        id_generator: 'deterministic',
        sid: `castor2echo:${campaign.uuid()}:${list}:1`,
      },
    });
  });
});
