/**
 * brakes: where the programs stop and ask a person, because going on could do harm.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { faultOn, loseAnswers, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const HOUR_MS = 3_600_000;
const [one, two, three] = [listName(1), listName(2), listName(3)];
const PROGRAMS = ['producer', 'consumer', 'monitor'];

/** Everything that stands in the spool and the database, the log and the lease left out. */
const standing = (campaign: Campaign): string =>
  ['TODO', 'TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty']
    .flatMap((place) => campaign.lists(place).map((name) => `${place}/${name}`))
    .concat(['sqlite_c2e.db', '.campaign'].filter((name) => campaign.has(name)))
    .join('\n');

describe('brakes', { concurrency: 4 }, () => {
  test('a database that is missing beside .campaign or lists in DOING is not made afresh', async () => {
    const ral = await rehearsalServer('RAL');
    const marked = new Campaign([choice(ral)]);
    marked.lfns('input.list', ['/lhcb/one.dst']);
    await marked.run('monitor', 0);
    rmSync(marked.path('sqlite_c2e.db'));
    const emptied = new Campaign([choice(ral)]);
    emptied.put('DOING', one);
    emptied.write('sqlite_c2e.db', '');
    for (const [campaign, trace] of [
      [marked, '.campaign is there'],
      [emptied, 'DOING holds 1 list,'],
    ] as const) {
      const before = standing(campaign);
      for (const program of PROGRAMS) {
        const ran = await campaign.run(program, 4, program === 'monitor' ? ['--dry-run'] : []);
        assert.ok(ran.said.includes(`node dist/misc/repair.js --base '${campaign.base}'`), ran.said);
        assert.ok(ran.said.includes(trace), ran.said);
        assert.equal(standing(campaign), before);
      }
    }
    assert.deepEqual(ral.history, []);
  });

  test('a damaged database, or that of another campaign, is refused and left as it is', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    await submitted(campaign, ral, { [one]: lfnsOf(one) });
    const uuid = campaign.read('.campaign');
    campaign.write('.campaign', '00000000-0000-4000-8000-000000000000\n');
    assert.match((await campaign.run('monitor', 4)).said, /belongs to campaign .*, \.campaign says 0{8}-.*repair\.js/);
    campaign.write('.campaign', uuid);
    const damaged = Buffer.from('SQLite format 3\0 and then rubbish '.repeat(400));
    campaign.write('sqlite_c2e.db', damaged);
    for (const program of PROGRAMS) {
      const ran = await campaign.run(program, 4);
      assert.match(ran.said, /it is damaged \(.*\); it was not changed; run node dist\/misc\/repair\.js --base '/);
      assert.equal(campaign.read('sqlite_c2e.db'), damaged.toString());
    }
    assert.deepEqual(campaign.lists('DOING'), [one]);
  });

  test('more than five lists without a job, and more than a fifth, move only when a person says so', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 32 } });
    const known = Array.from({ length: 24 }, (_, age) => listName(age));
    const lost = Array.from({ length: 7 }, (_, age) => listName(100 + age));
    await submitted(campaign, ral, Object.fromEntries(known.map((name) => [name, [`/${name}`]])));
    for (const name of lost.slice(0, 5)) campaign.put('DOING', name);
    const five = await campaign.run('monitor', 0);
    assert.equal(five.counts['moved'], 5);
    for (const name of lost.slice(0, 5)) campaign.move(`TODO/${name}`, `DOING/${name}`);
    campaign.leave("DELETE FROM list WHERE state = 'WAITING'");
    for (const name of lost.slice(5)) campaign.put('DOING', name);

    // 7 of 31 are more than a fifth.
    const braked = await campaign.run('monitor', 3);
    assert.match(braked.said, /7 lists of 31 in DOING have no job in FTS: .*node dist\/monitor\.js --accept-lost/);
    for (const name of lost) assert.deepEqual([braked.of(name).rule, braked.of(name).action], [1, 'kept']);
    assert.deepEqual(campaign.lists('DOING'), [...known, ...lost]);

    // 6 of 30 are a fifth, not more.
    campaign.move(`DOING/${lost[6]}`, `TODO/${lost[6]}`);
    assert.equal((await campaign.run('monitor', 0)).counts['moved'], 6);
    for (const name of lost) campaign.move(`TODO/${name}`, `DOING/${name}`);
    campaign.leave("DELETE FROM list WHERE state = 'WAITING'");
    const accepted = await campaign.run('monitor', 0, ['--accept-lost']);
    assert.equal(accepted.counts['moved'], 7);
    assert.deepEqual(campaign.lists('TODO'), lost);
    nothingLostNorTwice(campaign, ral);
  });

  test('a job that FTS had accepted is believed to be gone only an hour later, one last seen CANCELED never', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two), [three]: lfnsOf(three) });
    ral.setJob(jobs[two] ?? '', 'CANCELED');
    await campaign.run('monitor', 0);
    ral.forget(jobs[one]);
    ral.forget(jobs[two]);
    for (let look = 0; look < 2; look += 1) {
      const ran = await campaign.run('monitor', 3);
      assert.match(ran.said, new RegExp(`Job ${jobs[one]} of list "${one}" is gone from RAL, .*still gone in an hour`));
      assert.match(ran.said, new RegExp(`Job ${jobs[two]} of list "${two}" is gone .*CANCELED: .*requeue.js ${two}`));
      assert.deepEqual(campaign.lists('DOING'), [one, two, three]);
    }
    campaign.leave('UPDATE job SET missing_since = missing_since - ?', HOUR_MS);
    const later = await campaign.run('monitor', 3);
    assert.deepEqual([later.of(one).rule, ...later.of(one).to], [1, `TODO/${one}`]);
    assert.deepEqual(campaign.lists('DOING'), [two, three]);
    // Submitted once more, under another sid.
    assert.notEqual((await campaign.run('consumer', 0)).of(one).jobId, jobs[one]);
    nothingLostNorTwice(campaign, ral);
  });

  test('the hour after which a job is believed to be gone begins anew when the clock that began it was ahead', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    ral.forget(jobs[one]);
    await campaign.run('monitor', 3);
    campaign.leave('UPDATE job SET missing_since = missing_since + ?', 400 * 24 * HOUR_MS);
    await campaign.run('monitor', 3);
    campaign.leave('UPDATE job SET missing_since = missing_since - ?', HOUR_MS);
    assert.deepEqual((await campaign.run('monitor', 0)).of(one).to, [`TODO/${one}`]);
  });

  test('a job that is seen again was not gone', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    await submitted(campaign, ral, { [one]: lfnsOf(one) });
    const gone = { name: 'gone', does: 'status', status: 404, when: { path: /^\/(jobs|archive)\// } } as const;
    const missing = (): number => campaign.rows<{ n: number }>('SELECT count(missing_since) AS n FROM job')[0]?.n ?? -1;
    ral.setFaults([gone]);
    await campaign.run('monitor', 3);
    assert.equal(missing(), 1);
    ral.setFaults([]);
    await campaign.run('monitor', 0);
    assert.equal(missing(), 0);
    assert.deepEqual(campaign.lists('DOING'), [one]);
  });

  test('a list refused with 400 goes to DONE/Bad only when its server accepted another one in the same run', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', one);
    ral.setFaults([faultOn(one, 'status', { status: 400, times: 9 })]);
    const alone = await campaign.run('consumer', 3);
    assert.match(
      alone.said,
      new RegExp(`Cannot submit list "${one}" to RAL: .*400.*check \\[job\\] and \\[\\[route\\]\\]`),
    );
    assert.equal(campaign.state(one), 'WAITING');

    // What another server accepts proves nothing.
    campaign.move(`TODO/${one}`, one);
    campaign.put('TODO', two);
    campaign.settings([choice(cern)]);
    await loseAnswers(campaign, cern, { [two]: 'cut-before' });
    campaign.move(one, `TODO/${one}`);
    campaign.settings([choice(ral), choice(cern, 0)]);
    const elsewhere = await campaign.run('consumer', 3);
    assert.deepEqual([elsewhere.of(one).action, elsewhere.of(two).action], ['waiting', 'submitted']);

    campaign.put('TODO', three);
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.of(one).action, ran.of(three).action], ['bad', 'submitted']);
    const bad = campaign.read(`DONE/Bad/${one}`).trimEnd().split('\n');
    assert.match(
      bad[1] ?? '',
      /^# config: FTS refused the submission \| .*400 Bad Request.* \| RAL [0-9a-f-]{36} \| \d{4}-/,
    );
    assert.equal(bad[2], campaign.line(lfnsOf(one)[0] ?? ''));
    assert.equal(bad.length, 5);
    assert.equal(campaign.state(one), 'SETTLED');
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a server that refuses five lists and accepts none gets no more of them in that run', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 1 } });
    const names = Array.from({ length: 8 }, (_, age) => listName(age));
    for (const name of names) campaign.put('TODO', name);
    ral.setFaults([{ name: 'bad flag', does: 'status', status: 400, when: { method: 'POST' } }]);
    const ran = await campaign.run('consumer', 5);
    assert.equal(ral.history.filter(({ method }) => method === 'POST').length, 5);
    assert.match(ran.said, /RAL is left out of this run: it refused 5 lists and accepted none/);
    assert.deepEqual(campaign.lists('TODO'), names);
    nothingLostNorTwice(campaign, ral);
  });

  test('an answer lost over six days ago is reported and not repeated', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', one);
    campaign.put('TODO', two);
    await loseAnswers(campaign, ral, { [one]: 'cut-before', [two]: 'cut-after' });
    campaign.leave('UPDATE job SET submitting_at = submitting_at - ?', 6.1 * 24 * HOUR_MS);
    const posts = campaign.posts(ral, one);
    for (let run = 0; run < 2; run += 1) {
      const ran = await campaign.run('consumer', 3);
      assert.match(ran.said, new RegExp(`Cannot submit list "${one}" again: its answer from RAL was lost 6 days ago`));
    }
    assert.equal(campaign.posts(ral, one), posts);
    assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [[one], [two]]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a move that cannot be made is set aside and named, and goes on when a person has mended it', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    await submitted(campaign, ral, { [one]: lfnsOf(one) });
    const steps = JSON.stringify([{ op: 'move', from: `TODO/${one}`, to: `DOING/${one}` }]);
    campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', one, steps);
    campaign.write(`TODO/${one}`, campaign.read(`DOING/${one}`));
    campaign.put('TODO', two);
    const ran = await campaign.run('consumer', 3);
    assert.match(ran.said, new RegExp(`Cannot move list "${one}": both TODO/${one} and DOING/${one} are there`));
    assert.equal(ran.of(two).action, 'submitted');
    assert.ok(campaign.has(`TODO/${one}`) && campaign.has(`DOING/${one}`));
    rmSync(campaign.path(`DOING/${one}`));
    assert.deepEqual((await campaign.run('monitor', 0)).lists.map(({ list }) => list).sort(), [one, two]);
    nothingLostNorTwice(campaign, ral);
  });
});
