/**
 * checkDestinations: what has arrived already leaves its list for DONE/Okay, and nothing else does.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Campaign, listName } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { loseAnswers, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { run } from '../support/runProgram.js';
import { realGfal, Storages } from '../support/storages.js';

const [A, B] = [listName(1), listName(2)];
const REST = A.replace('.txt', '~2.txt');
/** The checksum of `hi\n`. */
const HI = 'ADLER32:021700dc';

class Destinations extends Campaign {
  readonly storages = new Storages();

  constructor(endpoint = 'http://127.0.0.1:1') {
    super([{ name: 'RAL', endpoint }], { fts: { timeout_seconds: 1 } });
    Object.assign(this.env, this.storages.env);
  }

  /** A list of these LFNs with these columns behind their URLs. */
  list(place: string, name: string, lfns: Readonly<Record<string, string>>): void {
    this.put(place, name, Object.keys(lfns));
    const lines = Object.entries(lfns).map(([lfn, columns]) => `${this.line(lfn)}${columns}\n`);
    this.write(`${place}/${name}`, lines.join(''));
  }

  arrived(lfn: string, content = 'hi\n'): void {
    this.storages.put(`${this.destination}${lfn}`, content);
  }
}

const destinationsOf = (ran: object): unknown => (ran as { destinations?: unknown }).destinations;

describe('checkDestinations', { concurrency: 4 }, () => {
  test('what has arrived goes to DONE/Okay as found, and the rest goes on and is sent', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Destinations(ral.url);
    campaign.list('TODO', A, { '/lhcb/there': `  ${HI}  3`, '/lhcb/absent': `  ${HI}  3` });
    campaign.arrived('/lhcb/there');
    const ran = await campaign.run('misc/checkDestinations', 0, ['--yes']);
    assert.deepEqual(destinationsOf(ran), { same: 1, different: 0, missing: 1, unknown: 0, notAsked: 0 });
    assert.deepEqual(ran.of(A).to, [`DONE/Okay/${A}`, `TODO/${REST}`]);
    assert.match(
      campaign.read(`DONE/Okay/${A}`),
      /^# castor2echo 1 \S+\n# found by gfal-sum \| \d{4}-[^\n]*Z\nsrm\S+there /,
    );
    assert.match(campaign.read(`TODO/${REST}`), new RegExp(`# split from ${A}, failures 0\n`));
    assert.equal((await campaign.run('consumer', 0)).counts['transfers'], 1);
    nothingLostNorTwice(campaign, ral);
    everyTransferOnce(campaign.base);
    const status = await run('status', { base: campaign.base, env: campaign.env, args: ['--json'] });
    assert.equal((JSON.parse(status.stdout) as { transfers: { okay: number } }).transfers.okay, 1);
  });

  test('of a list that has arrived it says who asks for it', async () => {
    const campaign = new Destinations((await rehearsalServer('RAL')).url);
    campaign.list('DONE/Okay', A, { '/lhcb/there': `  ${HI}  3` });
    const ran = await campaign.run('misc/checkDestinations', 3, [`DONE/Okay/${A}`]);
    assert.match(ran.said, /it does not stand in TODO or DONE\/Bad, .*misc\/manifest\.js --out FILE --verify all/);
  });

  test('another file is named with both values, and nothing is guessed of what cannot be told', async () => {
    const campaign = new Destinations();
    campaign.list('TODO', A, {
      '/lhcb/other': `  ${HI}  3`,
      '/lhcb/longer': '  -  4',
      '/lhcb/size-alone': '  -  3',
      '/lhcb/denied': `  ${HI}  3`,
      '/lhcb/sumless': `  ${HI}  3`,
    });
    campaign.arrived('/lhcb/other', 'ho\n');
    for (const lfn of ['/lhcb/longer', '/lhcb/size-alone', '/lhcb/sumless']) campaign.arrived(lfn);
    const before = campaign.read(`TODO/${A}`);
    const ran = await campaign.run('misc/checkDestinations', 3, ['--yes']);
    assert.deepEqual(destinationsOf(ran), { same: 0, different: 2, missing: 0, unknown: 3, notAsked: 0 });
    assert.match(
      ran.said,
      /Another file stands at gsiftp\S+other: ADLER32:\w{8}, 3 bytes, and not ADLER32:021700dc, 3 bytes/,
    );
    assert.match(ran.said, /Another file stands at gsiftp\S+longer: 3 bytes, and not 4 bytes/);
    assert.match(ran.said, /size-alone: the list has no checksum, nor has the source/);
    assert.match(ran.said, /sumless: gfal-sum error: 38/);
    assert.equal(campaign.read(`TODO/${A}`), before);
  });

  test('without a checksum in the list the source says what it should be', async () => {
    const campaign = new Destinations();
    campaign.list('TODO', A, { '/lhcb/a': '', '/lhcb/b': '' });
    for (const lfn of ['/lhcb/a', '/lhcb/b']) campaign.arrived(lfn);
    campaign.storages.put(`${campaign.source}/lhcb/a`, 'hi\n');
    campaign.storages.put(`${campaign.source}/lhcb/b`, 'ho\n');
    const ran = await campaign.run('misc/checkDestinations', 3, ['--yes']);
    assert.deepEqual(destinationsOf(ran), { same: 1, different: 1, missing: 0, unknown: 0, notAsked: 0 });
  });

  test('a list that is there whole leaves TODO, with the lines that cannot be read', async () => {
    const campaign = new Destinations();
    campaign.list('TODO', A, { '/lhcb/a': `  ${HI}  3` });
    campaign.write(`TODO/${A}`, `${campaign.read(`TODO/${A}`)}rubbish\n`);
    campaign.arrived('/lhcb/a');
    await campaign.run('misc/checkDestinations', 0, [A, '--yes']);
    assert.deepEqual(campaign.lists('TODO'), []);
    assert.match(campaign.read(`DONE/Okay/${A}`), /# unreadable line 2: .*rubbish\n/);
    everyTransferOnce(campaign.base);
    assert.equal((await campaign.run('misc/audit', 0)).exit, 0);
  });

  test('a list in DONE/Bad is looked at when it is named, and keeps the reasons of what stays', async () => {
    const campaign = new Destinations();
    campaign.list('TODO', B, { '/lhcb/z': '' });
    campaign.put('DONE/Bad', A, ['/lhcb/a', '/lhcb/b']);
    const reason = '# transient: archiving | no tape | RAL x | 2018-04-12T10:11:12Z\n';
    campaign.write(
      `DONE/Bad/${A}`,
      ['/lhcb/a', '/lhcb/b'].map((lfn) => `${reason}${campaign.line(lfn)}  ${HI}  3\n`).join(''),
    );
    campaign.arrived('/lhcb/a');
    const ran = await campaign.run('misc/checkDestinations', 0, [`DONE/Bad/${A}`, '--yes']);
    assert.deepEqual(ran.of(A).to, [`DONE/Okay/${A}`, `DONE/Bad/${REST}`]);
    const rest = campaign.read(`DONE/Bad/${REST}`);
    assert.equal(rest.slice(rest.indexOf('# transient')), `${reason}${campaign.line('/lhcb/b')}  ${HI}  3\n`);
    assert.deepEqual(campaign.lists('TODO'), [B]);
    everyTransferOnce(campaign.base);
  });

  test('a list that FTS may have is left alone', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Destinations(ral.url);
    campaign.list('TODO', A, { '/lhcb/a': `  ${HI}  3` });
    campaign.arrived('/lhcb/a');
    await loseAnswers(campaign, ral, { [A]: 'cut-after' });
    const ran = await campaign.run('misc/checkDestinations', 3, [A, '--yes']);
    assert.match(ran.said, new RegExp(`"${A}": FTS may have it; run the consumer first`));
    assert.deepEqual(campaign.lists('TODO'), [A]);
  });
});

test('nothing is moved in a dry run, without --yes, or without gfal2', async () => {
  const campaign = new Destinations();
  campaign.list('TODO', A, { '/lhcb/a': `  ${HI}  3` });
  campaign.arrived('/lhcb/a');
  const { base, env } = campaign;
  const dry = await run('misc/checkDestinations', { base, env, args: ['--dry-run'] });
  assert.equal(dry.exit, 0, dry.stderr);
  assert.match(dry.stdout, /1 transfer of 1 list that have arrived already/);
  assert.equal((await run('misc/checkDestinations', { base, env })).exit, 2);
  const lacking = await run('misc/checkDestinations', { base, env: { ...env, PATH: '/nowhere' }, args: ['--yes'] });
  assert.equal(lacking.exit, 2);
  assert.match(lacking.stderr, /gfal-stat cannot be started \(ENOENT\); install gfal2-util/);
  assert.deepEqual(campaign.lists('TODO'), [A]);
});

test('gfal2 itself tells what has arrived', { skip: realGfal() === null }, async () => {
  const campaign = new Destinations();
  Object.assign(campaign.env, realGfal());
  const lines = ['there?size=3&checksum=021700dc', 'other?size=3&checksum=deadbeef', 'absent?errno=2'].map(
    (path) => `srm://castor.example.org/${path.split('?')[0]}  mock://echo.example.org/${path}  ${HI}  3\n`,
  );
  campaign.write(`TODO/${A}`, lines.join(''));
  const ran = await campaign.run('misc/checkDestinations', 3, ['--yes']);
  assert.deepEqual(destinationsOf(ran), { same: 1, different: 1, missing: 1, unknown: 0, notAsked: 0 });
  assert.match(campaign.read(`DONE/Okay/${A}`), /there\?size=3/);
});
