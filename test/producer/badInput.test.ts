/**
 * badInput: what people and servers get wrong, and what the toolkit makes of it.
 */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';

import type { FaultKind } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { noteTransfers } from '../support/everyTransferOnce.js';
import { endJob, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const [one, two, three, four] = [listName(1), listName(2), listName(3), listName(4)];

describe('bad input', { concurrency: 4 }, () => {
  test('of a list in TODO the readable lines are submitted, the others go to DONE/Bad under their reasons', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const good = campaign.line('/lhcb/good.dst');
    const twin = good.replace('srm://', 'srm://twin.');
    const bad: [line: string | Buffer, why: RegExp][] = [
      ['srm://alone.example.org/f', /has one column/],
      [`${good}  ADLER32:zz`, /has a bad checksum/],
      [`${good}  ADLER32:0a1b2c3d  many`, /has a bad size/],
      [`${good} - 1 more`, /has 5 columns/],
      ['file:///etc/passwd  gsiftp://echo.example.org/x', /has a bad source: it is a local file/],
      ['srm://castor.example.org/x  echo.example.org/x', /has a bad destination: it has no scheme/],
      [`${good}${'x'.repeat(1100)}`, /has a bad destination: it has \d+ characters, FTS takes 1100/],
      [Buffer.from('srm://h/\xe9  gsiftp://h/\xe9', 'latin1'), /is not UTF-8: srm:\/\/h\/\\xe9/],
    ];
    const lines = [`# a note`, '', `  ${good.replace('  ', ' \t ')}  \r`, ...bad.map(([line]) => line), good, twin];
    const bytes = (content: readonly (string | Buffer)[]): Buffer =>
      Buffer.concat(content.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
    campaign.write(`TODO/${one}`, bytes(lines));
    noteTransfers(campaign.base, [good]);
    campaign.write(`TODO/${two}`, bytes(bad.map(([line]) => line)));
    campaign.write(`TODO/${three}`, '');
    campaign.write(`TODO/${four}`, '# only a note\n\n');

    const ran = await campaign.run('consumer', 0);
    assert.equal(ran.of(one).action, 'submitted');
    assert.deepEqual(
      campaign.job(ral, one).transfers.map(({ source }) => source),
      [good.split(' ')[0]],
    );
    assert.match(ran.said, /8 lines of list ".*" cannot be read: moved to DONE\/Bad/);
    assert.match(ran.said, /2 lines of list ".*" dropped: the same transfer or destination again/);
    const doing = campaign.read(`DOING/${one}`);
    assert.match(doing, /^# not submitted, line 12 is the same transfer as line 3: /m);
    assert.match(doing, /^# not submitted, line 13 has the destination of line 3: /m);
    for (const [list, first] of [
      [one, 4],
      [two, 1],
    ] as const) {
      const comments = campaign
        .read(`DONE/Bad/${list}`)
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('# unreadable'));
      assert.equal(comments.length, bad.length);
      bad.forEach(([, why], index) => {
        assert.ok(comments[index]?.startsWith(`# unreadable line ${first + index}: `), comments[index]);
        assert.match(comments[index] ?? '', why);
      });
    }
    assert.deepEqual([ran.of(two).action, ...ran.of(two).to], ['bad', `DONE/Bad/${two}`]);
    for (const empty of [three, four]) {
      assert.match(ran.said, new RegExp(`Removed list "${empty}" from TODO: there was no transfer in it`));
      assert.ok(!campaign.has(`TODO/${empty}`));
    }
    assert.deepEqual(campaign.lists('TODO'), []);
    nothingLostNorTwice(campaign, ral);
  });

  test('what is no list is named and left alone', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('DOING', '.hidden.txt');
    for (const [place, program] of [
      ['TODO', 'consumer'],
      ['DOING', 'monitor'],
    ] as const) {
      mkdirSync(campaign.path(`${place}/directory.txt`));
      symlinkSync('/etc/hostname', campaign.path(`${place}/link.txt`));
      campaign.write(`${place}/notes.pdf`, 'no list');
      campaign.write(`${place}/.FTSList.txt.draft`, 'half a li');
      const before = campaign.lists(place);
      const text = await campaign.text(program, 0);
      for (const name of ['directory.txt', 'link.txt', 'notes.pdf']) assert.ok(text.includes(`${place}/${name}`), text);
      assert.deepEqual(campaign.lists(place), before);
      assert.ok(campaign.has(`${place}/.FTSList.txt.draft`));
    }
    assert.deepEqual(ral.submissions, []);
  });

  test('an empty LFN list and one of comments alone are read, and nothing is cut', async () => {
    const campaign = new Campaign([{ name: 'RAL', endpoint: 'http://127.0.0.1:1' }]);
    campaign.write('TODO/ListOfLFNs/empty.list', '');
    campaign.write('TODO/ListOfLFNs/comments.list', '\ufeff# nothing yet\r\n\r\n');
    const ran = await campaign.run('producer', 0);
    assert.deepEqual([ran.lists, ran.warnings, campaign.lists('TODO')], [[], [], []]);
    campaign.settings([]);
    assert.match(
      (await campaign.run('producer', 2)).said,
      /no \[\[fts\.server\]\] is given; castor2echo\.example\.toml shows how/,
    );
  });

  test('an answer to the monitor that is no answer is asked for again in the same run', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { fts: { timeout_seconds: 1 } });
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    // Two in each run: the client asks at most three times.
    const kinds: [FaultKind, FaultKind][] = [
      ['html', 'half-json'],
      ['wrong-job', 'cut-within'],
      ['status', 'hang'],
    ];
    for (const pair of kinds) {
      ral.setFaults(pair.map((does) => ({ name: does, does, when: { method: 'GET', path: /^\/jobs\//, times: 1 } })));
      assert.equal((await campaign.run('monitor', 0)).of(one).action, 'kept', pair.join());
      for (const does of pair) assert.equal(ral.history.filter(({ fault }) => fault === does).length, 1, does);
    }
    endJob(ral, jobs[one] ?? '');
    // Half of the final job's files would send the other half back.
    ral.setFaults([{ name: 'half-json', does: 'half-json', when: { path: /files=/, times: 1 } }]);
    assert.deepEqual((await campaign.run('monitor', 0)).of(one).to, [`DONE/Okay/${one}`]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a server that gives no answer in a whole run keeps its lists, and the other goes on', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = new Campaign([choice(ral)]);
    await submitted(campaign, ral, { [one]: lfnsOf(one) });
    campaign.settings([choice(cern)]);
    const jobs = await submitted(campaign, cern, { [two]: lfnsOf(two) });
    endJob(cern, jobs[two] ?? '');
    campaign.settings([choice(ral), choice(cern)]);
    ral.setFaults([{ name: 'broken', does: 'html', when: { method: 'GET', path: /^\/jobs\// } }]);
    const ran = await campaign.run('monitor', 3);
    assert.match(
      ran.said,
      /1 list at RAL not looked at: .*500 Internal Server Error.* in DOING, the next run looks again/,
    );
    assert.deepEqual([ran.of(one).action, ...ran.of(two).to], ['skipped', `DONE/Okay/${two}`]);
    assert.deepEqual(campaign.lists('DOING'), [one]);
    nothingLostNorTwice(campaign, ral, cern);
  });
});
