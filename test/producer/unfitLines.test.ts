/**
 * unfitLines: lines that can be read and must not be submitted: one file as source and destination, checksums that
 * nobody can verify, two texts for one destination. What FTS has already is settled as it was sent.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Campaign, choice, listName } from '../support/campaign.js';
import { endJob, loseAnswers, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';
import { noteTransfers } from '../support/everyTransferOnce.js';
import { auditOf } from '../misc/auditing.js';

const [one, two] = [listName(1), listName(2)];
const nobody = [{ name: 'RAL', endpoint: 'http://127.0.0.1:1' }];

/** Ways to write one file twice. */
const ONE_FILE: readonly (readonly [source: string, destination: string])[] = [
  ['root://e.example.org//a/f', 'root://e.example.org//a/f'],
  ['root://e.example.org:1094//a/f1', 'roots://E.example.org./a/f1/'],
  ['davs://e.example.org/a/f2', 'https://e.example.org:443/a/./f2'],
  ['srm://e.example.org:8443/srm/managerv2?SFN=/a/f3', 'srm://e.example.org/a/f3'],
  ['s3s://b.e.example.org/k%31', 'https://b.e.example.org/k1'],
  ['root://me@e.example.org//a/f4?activity=default', 'root://e.example.org//a/f4'],
];

describe('lines that must not be submitted', { concurrency: 4 }, () => {
  test('a line whose source is its destination goes to DONE/Bad with its reason, the others are submitted', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const good = campaign.line('/lhcb/good.dst');
    const bad = ONE_FILE.map((pair) => pair.join('  '));
    campaign.write(`TODO/${one}`, `${[bad[0], good, ...bad.slice(1)].join('\n')}\n`);
    campaign.write(`TODO/${two}`, `${bad.slice(0, 2).join('\n')}\n`);
    noteTransfers(campaign.base, [good]);
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual(
      campaign.job(ral, one).transfers.map(({ source }) => source),
      [good.split(' ')[0]],
    );
    assert.equal(
      campaign
        .read(`DOING/${one}`)
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')).length,
      1,
    );
    for (const [list, lines] of [
      [one, bad],
      [two, bad.slice(0, 2)],
    ] as const) {
      const text = campaign.read(`DONE/Bad/${list}`);
      for (const line of lines) assert.ok(text.includes(`\n${line}\n`), `${line} in\n${text}`);
      assert.match(
        text,
        /^# config: source and destination are one file \| line 1 names one file of one storage twice/m,
      );
    }
    assert.match(ran.said, /6 lines of list ".*" must not be submitted: moved to DONE\/Bad, such as root:/);
    assert.match(ran.said, /Moved list ".*" to DONE\/Bad\/.*: none of its lines can be submitted/);
    assert.equal(ran.of(two).action, 'bad');
    assert.equal(ral.submissions.length, 1);
    // Sent back by a person as it is, it comes to the same.
    await campaign.run('misc/requeue', 0, [two, '--yes']);
    assert.equal((await campaign.run('consumer', 0)).of(`R-${two}`).action, 'bad');
    assert.equal(ral.submissions.length, 1);
  });

  test('a route whose prefixes are one file is refused, and the doctor says it', async () => {
    const routes: readonly (readonly [string, string])[] = [
      ...ONE_FILE.slice(1, 3),
      ['root://e.example.org//a', 'root://e.example.org//a/'],
      ['srm://e.example.org:8443/srm/managerv2?SFN=/a', 'srm://e.example.org:8443/srm/managerv1?SFN=/a/'],
      ['https://e.example.org/a%2Fb', 'davs://e.example.org/a/b'],
    ];
    for (const [source, destination] of routes) {
      const campaign = new Campaign([]);
      campaign.write(
        'castor2echo.toml',
        `[[route]]\nmatch = "*"\nsource = "${source}"\ndestination = "${destination}"\n[[fts.server]]\nname = "RAL"\nendpoint = "http://127.0.0.1:1"\n`,
      );
      for (const program of ['producer', 'consumer'])
        assert.match((await campaign.run(program, 2)).said, /:4: route\.destination = .* must differ from the source/);
      assert.match(
        await campaign.text('misc/doctor', 2),
        /route\.destination\s=\s.*\smust\s+differ\s+from\s+the\s+source/s,
      );
    }
  });

  test('checksums that nobody can verify and sizes that cannot be are bad lines of an LFN list', async () => {
    const campaign = new Campaign(nobody);
    const bad: readonly (readonly [line: string, why: RegExp])[] = [
      ['/lhcb/a AD:0a1b2c3d 100', /say ADLER32:0a1b2c3d/],
      ['/lhcb/b 0a1b2c3d', /without its algorithm: write ADLER32:0a1b2c3d/],
      [`/lhcb/c SHA512:${'0a'.repeat(64)}`, /135 characters, FTS takes 100/],
      ['/lhcb/d,0a1b2c3d,100', /looks like CSV/],
      ['/lhcb/e - 9007199254740991', /a size that no storage can have/],
      ['/lhcb/f MD5:0a1b2c3d', /has a bad checksum/],
    ];
    campaign.lfns('a.list', ['/lhcb/good ADLER32:0a1b2c3d 100', ...bad.map(([line]) => line), '/lhcb/better']);
    const ran = await campaign.run('producer', 0);
    const [list = ''] = campaign.lists('TODO');
    assert.match(ran.said, /6 lines of "TODO\/ListOfLFNs\/a\.list" are no LFNs/);
    const comments = campaign.read(`DONE/Bad/${list}`).match(/^# bad LFN: .*$/gm) ?? [];
    assert.equal(comments.length, bad.length);
    bad.forEach(([, why], index) => assert.match(comments[index] ?? '', why));
    const audit = await auditOf(campaign.base);
    assert.deepEqual([audit.findings, audit.cut, audit.todo, audit.badLines], [[], 8, 2, 6]);
  });

  test('two texts for one destination are one destination in an LFN list', async () => {
    const campaign = new Campaign(nobody, { producer: { lfns_per_list: 10 } });
    campaign.lfns('a.list', [
      '/a//b',
      '/a/./b',
      '/a/b',
      '/a/%62',
      '/a/x/../b',
      '/a/b/',
      '/a/c',
      '/a/c',
      '/a//b',
      '/a/d',
    ]);
    const ran = await campaign.run('producer', 0);
    const [list = ''] = campaign.lists('TODO');
    assert.match(ran.said, /7 LFNs of .* dropped/);
    assert.equal(
      campaign.read(`TODO/${list}`).replace(/^#.*\n/gm, ''),
      ['/a//b', '/a/c', '/a/d'].map((lfn) => `${campaign.line(lfn)}\n`).join(''),
    );
    const audit = await auditOf(campaign.base);
    assert.deepEqual([audit.findings, audit.balanced, audit.cut, audit.duplicates], [[], true, 10, 7]);
  });

  test('of a list that version 1.0 has left in TODO only what can be used is submitted, and nothing is lost', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { producer: { lfns_per_list: 10 } });
    const lfns = ['/a/b', '/a//b', '/a/c', '/a/d', '/a/e', '/lhcb/f,0a1b2c3d,1'];
    campaign.lfns('a.list', ['/a/b', '/a//b', '/a/c AD:0a1b2c3d 7', '/a/d WHIRL:0a', '/a/e', '/lhcb/f,0a1b2c3d,1']);
    await campaign.run('producer', 0);
    const [list = ''] = campaign.lists('TODO');
    const header =
      campaign
        .read(`TODO/${list}`)
        .match(/^#.*\n/gm)
        ?.join('') ?? '';
    const extras = ['', '', '  AD:0a1b2c3d  7', '  WHIRL:0a', '', ''];
    const lines = lfns.map((lfn, index) => `${campaign.line(lfn)}${extras[index] ?? ''}`);
    campaign.write(`TODO/${list}`, `${header}${lines.join('\n')}\n`);
    campaign.write(`DONE/Bad/${list}`, `${header}# nothing yet\n`);
    await campaign.run('consumer', 0);
    assert.deepEqual(
      campaign.job(ral, list).transfers.map(({ source }) => source.slice(campaign.source.length)),
      ['/a/b', '/a/e', '/lhcb/f,0a1b2c3d,1'],
    );
    const bad = campaign.read(`DONE/Bad/${list.replace('.txt', '~2.txt')}`);
    assert.ok(bad.includes(`\n${lines[2]}\n`) && bad.includes(`\n${lines[3]}\n`), bad);
    const audit = await auditOf(campaign.base);
    assert.deepEqual([audit.findings, audit.balanced], [[], true]);
    assert.match(bad, /its checksum cannot be verified \| line 5 .*say ADLER32:0a1b2c3d/);
  });

  test('what version 1.0 has submitted is settled as it was sent, whatever it is', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const plain = await submitted(campaign, ral, { [one]: ['/a/b', '/a/x', '/a/c'] });
    // As that version would have sent it: the rows and the job say three transfers, and so does the list.
    const odd = campaign.read(`DOING/${one}`).replace(/\/a\/c$/m, '/a/c  AD:0a1b2c3d  7');
    campaign.write(`DOING/${one}`, odd);
    endJob(ral, plain[one] ?? '');
    assert.deepEqual((await campaign.run('monitor', 0)).of(one).to, [`DONE/Okay/${one}`]);
    assert.equal(campaign.read(`DONE/Okay/${one}`), odd);
  });

  test('a list whose answer was lost is adopted and repeated as it was sent', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const good = campaign.line('/lhcb/good.dst');
    const bad = (list: string): string => `root://e.example.org//a/${list}  root://e.example.org:1094//a/${list}`;
    for (const list of [one, two]) {
      campaign.write(`TODO/${list}`, `${good.replaceAll('good', list)}\n${bad(list)}\n`);
      noteTransfers(campaign.base, [good.replaceAll('good', list), bad(list)]);
    }
    await loseAnswers(campaign, ral, { [one]: 'cut-after', [two]: 'cut-before' });
    await campaign.run('consumer', 0);
    for (const list of [one, two]) {
      assert.equal(campaign.job(ral, list).transfers.length, 1);
      assert.ok(campaign.read(`DONE/Bad/${list}`).includes(bad(list)));
      assert.ok(!campaign.read(`DOING/${list}`).includes(bad(list)));
    }
    nothingLostNorTwice(campaign, ral);
  });
});
