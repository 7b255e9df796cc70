/**
 * settling: the harder endings of a job: settings that change a rule, cancelled, edited by hand, final too early, names
 * taken.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { arrivalAt } from '../../dist/rules/arrived.js';
import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { forgetTransfers, noteTransfers } from '../support/everyTransferOnce.js';
import { endJob, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const DAY_MS = 86_400_000;
const [one, two, three] = [listName(1), listName(2), listName(3)];

describe('settling', { concurrency: 4 }, () => {
  test('size and time of each file that FTS finished are kept with its job, by its place in the list', async () => {
    let later = -3_600_000;
    const script = ({ source }: { source: string }) =>
      /fails/.test(source)
        ? ({ state: 'FAILED', seconds: 60, reason: 'TRANSFER [110] Connection timed out' } as const)
        : ({ state: 'FINISHED', seconds: 60, size: 4711 } as const);
    const ral = await rehearsalServer('RAL', { script, now: () => Date.now() + later });
    const campaign = new Campaign([choice(ral)]);
    await submitted(campaign, ral, { [one]: ['/a', '/b'], [two]: ['/fails', '/c'], [three]: ['/fails1', '/fails2'] });
    later += 1_800_000;
    await campaign.run('monitor', 0);
    const kept = campaign.rows<{ arrived: Buffer | null }>('SELECT arrived FROM job ORDER BY list');
    const sizes = kept.map(({ arrived }) =>
      arrived === null ? null : [0, 1].map((place) => arrivalAt(arrived, place)?.size ?? null),
    );
    assert.deepEqual(sizes, [[4711, 4711], [null, 4711], null]);
    const at = arrivalAt(kept[0]?.arrived ?? Buffer.alloc(0), 0)?.at ?? 0;
    assert.ok(Math.abs(at - (Date.now() - 3_500_000) / 1000) < 600, String(at));
  });

  test('what FTS copied with another size than the list says goes to DONE/Bad with both, and a size of 0 says nothing', async () => {
    const sizes: Readonly<Record<string, number>> = { '/a': 5, '/b': 6, '/c': 0 };
    const script = ({ source }: { source: string }) =>
      ({ state: 'FINISHED', size: sizes[source.slice(source.lastIndexOf('/'))] ?? 0 }) as const;
    const ral = await rehearsalServer('RAL', { script });
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', one, Object.keys(sizes));
    campaign.write(
      `TODO/${one}`,
      Object.keys(sizes)
        .map((lfn) => `${campaign.line(lfn)}  -  5\n`)
        .join(''),
    );
    await campaign.run('consumer', 0);
    ral.advance(60);
    const ran = await campaign.run('monitor', 0);
    assert.deepEqual(
      [ran.of(one).rule, ...ran.of(one).to],
      [2, `DONE/Okay/${one}`, `DONE/Bad/${one}`, `DONE/Dirty/${one}`],
    );
    assert.match(
      campaign.read(`DONE/Bad/${one}`),
      /# permanent: what was copied has not the size that the list says \| 6 bytes by FTS, 5 bytes in the list \| RAL .*\n.*\/b {2}/,
    );
    assert.match(campaign.read(`DONE/Okay/${one}`), /\/a {2}[^]*\/c {2}/);
  });

  test('a storage that cannot compute a checksum is named once, with the setting that helps', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two) });
    const reason =
      'SOURCE [38] [gfal2_checksum][gfal_http_checksum] checksum calculation for ADLER32 not supported for davs://x';
    for (const list of [one, two]) endJob(ral, jobs[list] ?? '', [['FAILED', reason]]);
    const ran = await campaign.run('monitor', 3);
    assert.equal(ran.warnings.length, 1);
    assert.match(
      ran.said,
      /^srm:\/\/castor\d+\.example\.org cannot compute the checksums .*\(\d transfers failed\): set job.verify_checksum, .* to "target" or "none"$/,
    );
  });

  test('what an edited list was sent as is not known: nothing is kept by its places', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    campaign.leave("UPDATE job SET sent_hash = '0000000000000000'");
    endJob(ral, jobs[one] ?? '');
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.lists('DONE/Okay'), [one]);
    assert.deepEqual(campaign.rows('SELECT arrived FROM job'), [{ arrived: null }]);
  });

  test('with permanent_at_once what cannot succeed goes to DONE/Bad at the first failure', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { monitor: { permanent_at_once: true } });
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two), [three]: lfnsOf(three) });
    const missing = ['FAILED', 'SOURCE [2] No such file or directory'] as const;
    const late = ['FAILED', 'TRANSFER [110] Connection timed out'] as const;
    endJob(ral, jobs[one] ?? '', [missing, late]);
    endJob(ral, jobs[two] ?? '', [missing, missing]);
    endJob(ral, jobs[three] ?? '', [late, late]);
    const ran = await campaign.run('monitor', 0);
    assert.deepEqual(
      [one, two, three].map((name) => [ran.of(name).rule, ...ran.of(name).to]),
      [
        [5, `DONE/Bad/${one}`, `TODO/D${one}`, `DONE/Dirty/${one}`],
        [5, `DONE/Bad/${two}`, `DONE/Dirty/${two}`],
        [5, `TODO/${three}`],
      ],
    );
    assert.ok(campaign.read(`TODO/D${one}`).includes(`# split from ${one}, failures 1`));
    nothingLostNorTwice(campaign, ral);
  });

  test('a dirty list whose failed lines somebody has removed keeps its name in DONE/Okay', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    const [first = '', second = ''] = lfnsOf(one).map((lfn) => campaign.line(lfn));
    forgetTransfers(campaign.base, [second]);
    campaign.write(`DOING/${one}`, `${first}\n`);
    endJob(ral, jobs[one] ?? '', [['FINISHED'], ['FAILED', 'TRANSFER [110] Connection timed out']]);
    assert.deepEqual((await campaign.run('monitor', 0)).of(one).to, [`DONE/Okay/${one}`, `DONE/Dirty/${one}`]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a CANCELED list waits for a person, who is told how much had finished and what to do', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two) });
    endJob(ral, jobs[one] ?? '', [['FINISHED'], ['CANCELED', 'Job canceled by the user']]);
    ral.setJob(jobs[one] ?? '', 'CANCELED');
    // Cancelled at this moment: its files follow some seconds later (FTS-1714).
    ral.setJob(jobs[two] ?? '', 'CANCELED');
    for (let look = 0; look < 2; look += 1) {
      const ran = await campaign.run('monitor', 3);
      const { rule, action, state } = ran.of(one);
      assert.deepEqual({ rule, action, state }, { rule: 7, action: 'kept', state: 'CANCELED' });
      assert.match(
        ran.said,
        new RegExp(
          `"${one}" was cancelled at RAL .*: 1 of its transfers had finished; .* node dist/misc/requeue.js ${one}`,
        ),
      );
      assert.equal(ran.of(two).action, 'kept');
      assert.ok(!ran.said.includes(two), ran.said);
    }
    campaign.settings([choice(ral)], { monitor: { canceled: 'retry' } });
    const ran = await campaign.run('monitor', 0);
    assert.deepEqual(ran.of(one).to, [`DONE/Okay/${one}`, `TODO/D${one}`, `DONE/Dirty/${one}`]);
    assert.equal(ran.of(one).rule, 7);
    assert.ok(campaign.read(`TODO/D${one}`).endsWith(`\n${campaign.line(lfnsOf(one)[1] ?? '')}\n`));
    assert.deepEqual(campaign.rows('SELECT failures FROM list WHERE name = ?', `D${one}`), [{ failures: 0 }]);
    assert.deepEqual(campaign.lists('DOING'), [two]);
    endJob(ral, jobs[two] ?? '', [['CANCELED'], ['CANCELED']]);
    assert.deepEqual((await campaign.run('monitor', 0)).of(two).to, [`TODO/${two}`]);
    nothingLostNorTwice(campaign, ral);
  });

  test('what FTS itself cancelled is no cancel of a person: rule 3 when some has finished, else rule 5', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two), [three]: lfnsOf(three) });
    const late = ['CANCELED', 'Job has been canceled because it stayed in the queue for too long'] as const;
    const banned = ['CANCELED', 'Storage banned'] as const;
    endJob(ral, jobs[one] ?? '', [['FINISHED'], late]);
    endJob(ral, jobs[two] ?? '', [banned, late]);
    endJob(ral, jobs[three] ?? '', [['FINISHED'], ['CANCELED']]);
    for (const name of [one, two, three]) ral.setJob(jobs[name] ?? '', 'CANCELED');
    const ran = await campaign.run('monitor', 3);
    assert.deepEqual(
      [one, two, three].map((name) => [ran.of(name).rule, ran.of(name).state, ...ran.of(name).to]),
      [
        [3, 'CANCELED', `DONE/Okay/${one}`, `TODO/D${one}`, `DONE/Dirty/${one}`],
        [5, 'CANCELED', `TODO/${two}`],
        [7, 'CANCELED'],
      ],
    );
    assert.deepEqual(campaign.rows('SELECT failures FROM list WHERE name = ?', two), [{ failures: 1 }]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a list that was edited in DOING loses nothing', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two), [three]: lfnsOf(three) });
    const added = campaign.line('/lhcb/added.dst');
    const torn = 'srm://half-a-line';
    campaign.write(`DOING/${one}`, `${campaign.read(`DOING/${one}`)}${added}\n${torn}\n`);
    const removed = campaign.line(lfnsOf(two)[1] ?? '');
    campaign.write(`DOING/${two}`, campaign.read(`DOING/${two}`).replace(`${removed}\n`, ''));
    noteTransfers(campaign.base, [added]);
    forgetTransfers(campaign.base, [removed]);
    for (const name of [one, two]) endJob(ral, jobs[name] ?? '');
    // Nothing of this list is left: an empty file.
    campaign.write(`DOING/${three}`, '');
    forgetTransfers(
      campaign.base,
      lfnsOf(three).map((lfn) => campaign.line(lfn)),
    );
    endJob(ral, jobs[three] ?? '', [
      ['FAILED', 'x'],
      ['FAILED', 'x'],
    ]);

    const ran = await campaign.run('monitor', 0);
    assert.ok(campaign.read(`TODO/R-${one}`).endsWith(`\n${added}\n`));
    assert.match(campaign.read(`DONE/Bad/${one}`), /# unreadable line 4: .*: srm:\/\/half-a-line/);
    assert.match(ran.said, new RegExp(`1 line of list "${one}" not known to job`));
    assert.match(ran.said, new RegExp(`Job ${jobs[two]} of list "${two}" had 1 transfer that the list does not name`));
    assert.deepEqual(ran.of(two).to, [`DONE/Okay/${two}`]);
    assert.ok(!campaign.has(`DOING/${three}`));
    nothingLostNorTwice(campaign, ral);
  });

  test('a final job whose files are not waits, and is named after a day', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const final = ['FINISHED', 'FINISHEDDIRTY', 'FAILED'];
    const names = final.map((_, age) => listName(age));
    const jobs = await submitted(campaign, ral, Object.fromEntries(names.map((name) => [name, lfnsOf(name)])));
    names.forEach((name, index) => ral.setJob(jobs[name] ?? '', final[index] ?? ''));
    const first = await campaign.run('monitor', 0);
    assert.deepEqual(
      first.lists.map(({ action, state }) => [action, state]),
      final.map((state) => ['kept', state]),
    );
    campaign.leave('UPDATE job SET unfinished_since = unfinished_since - ?', DAY_MS);
    const second = await campaign.run('monitor', 3);
    for (const name of names)
      assert.match(second.said, new RegExp(`list "${name}" is .*2 files? of it not final, for over a day`));
    endJob(ral, jobs[names[0] ?? ''] ?? '');
    assert.deepEqual((await campaign.run('monitor', 3)).of(names[0] ?? '').to, [`DONE/Okay/${names[0]}`]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a name that is taken is not taken again: the next one is ~2', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: ['/o', '/b', '/r'], [two]: lfnsOf(two) });
    for (const place of ['DONE/Okay', 'DONE/Bad', 'DONE/Dirty']) campaign.write(`${place}/${one}`, '# here before\n');
    campaign.write(`DONE/Okay/${two}`, '# here before\n');
    campaign.put('DONE/Bad', `D${one}`, ['/taken']);
    endJob(ral, jobs[one] ?? '', [['FINISHED'], ['FAILED', 'No such file'], ['FAILED', 'Timed out']]);
    endJob(ral, jobs[two] ?? '');
    const ran = await campaign.run('monitor', 0);
    const again = one.replace('.txt', '~2.txt');
    assert.deepEqual(ran.of(one).to, [
      `DONE/Okay/${again}`,
      `DONE/Bad/${again}`,
      `TODO/D${again}`,
      `DONE/Dirty/${again}`,
    ]);
    assert.deepEqual(ran.of(two).to, [`DONE/Okay/${two.replace('.txt', '~2.txt')}`]);
    for (const place of ['DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
      assert.equal(campaign.read(`${place}/${one}`), '# here before\n');
    nothingLostNorTwice(campaign, ral);
  });

  test('lists of two servers that are settled at the same time get names of their own', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = new Campaign([choice(ral, 0), choice(cern)]);
    const [second, third] = [one.replace('.txt', '~2.txt'), one.replace('.txt', '~3.txt')];
    // More than fit into one question: those of the first wait for the others when the names of both servers are asked for.
    const hundred = (first: number) =>
      Object.fromEntries(Array.from({ length: 100 }, (_, at) => [listName(first + at), [`/${first + at}`]]));
    const atCern = await submitted(campaign, cern, { [second]: lfnsOf(two), ...hundred(200) });
    campaign.settings([choice(ral), choice(cern, 0)]);
    const atRal = await submitted(campaign, ral, { [one]: lfnsOf(one), ...hundred(400) });
    campaign.write(`DONE/Okay/${one}`, '# here before\n');
    for (const job of Object.values(atCern)) endJob(cern, job);
    for (const job of Object.values(atRal)) endJob(ral, job);
    const ran = await campaign.run('monitor', 0);
    // Which of the two gets which is a matter of which server answers first.
    const names = [one, second].flatMap((list) => ran.of(list).to);
    assert.deepEqual(names.sort(), [`DONE/Okay/${second}`, `DONE/Okay/${third}`]);
    nothingLostNorTwice(campaign, ral, cern);
  });
});
