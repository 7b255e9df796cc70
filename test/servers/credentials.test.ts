/**
 * credentials: a proxy or token that is missing, expired or refused stops what it has to stop, and nothing more.
 */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf, listName, type Settings } from '../support/campaign.js';
import { endJob, faultOn, nothingLostNorTwice } from '../support/rehearsed.js';
import { bearerToken } from '../support/tokens.js';
import { site, type Site } from './proxies.js';

const [one, two] = [listName(1), listName(2)];
const ral = await site('RAL');
const other = await site('OTHER');
const day = ral.proxy(24 * 60);

function campaignAt({ server, caDirectory }: Site, proxy: string | null, fts: Settings[string] = {}): Campaign {
  const campaign = new Campaign([choice(server)], { fts: { ca_directory: caDirectory, ...fts } });
  if (proxy !== null) campaign.env['X509_USER_PROXY'] = proxy;
  return campaign;
}

const puts = (campaign: Site): number => campaign.server.history.filter(({ method }) => method === 'PUT').length;

describe('credentials', { concurrency: 3 }, () => {
  test('a proxy is delegated before the first submission, and again when little is left', async () => {
    const own = await site('OWN');
    const campaign = campaignAt(own, own.proxy(4 * 60), { delegation_renew_hours: 3 });
    campaign.put('TODO', one);
    assert.equal((await campaign.run('consumer', 0, ['--dry-run'])).of(one).action, 'submitted');
    assert.equal(puts(own), 0);
    await campaign.run('consumer', 0);
    await campaign.run('monitor', 0);
    assert.equal(puts(own), 1);
    // The queued jobs need it until they are done, so the monitor renews it, too.
    campaign.env['X509_USER_PROXY'] = own.proxy(24 * 60);
    campaign.settings([choice(own.server)], { fts: { ca_directory: own.caDirectory, delegation_renew_hours: 5 } });
    await campaign.run('monitor', 0);
    assert.equal(puts(own), 2);
    // 419 proves that this POST made no job: the list stays free, and is sent again at once.
    campaign.put('TODO', two);
    own.server.setFaults([faultOn(two, 'status', { status: 419 })]);
    assert.equal((await campaign.run('consumer', 0)).of(two).action, 'submitted');
    assert.equal(campaign.posts(own.server, two), 2);
    nothingLostNorTwice(campaign, own.server);
  });

  test('X509_CERT_DIR says where the CAs are, unless the settings do', async () => {
    const campaign = new Campaign([choice(ral.server)]);
    Object.assign(campaign.env, { X509_USER_PROXY: day, X509_CERT_DIR: ral.caDirectory });
    campaign.put('TODO', one);
    assert.equal((await campaign.run('consumer', 0, ['--dry-run'])).of(one).action, 'submitted');
    campaign.settings([choice(ral.server)], { fts: { ca_directory: other.caDirectory } });
    assert.match((await campaign.run('consumer', 5)).said, /the server's certificate is not trusted/);
    campaign.env['X509_CERT_DIR'] = `${ral.caDirectory}/none`;
    campaign.settings([choice(ral.server)]);
    assert.match(
      (await campaign.run('consumer', 5)).said,
      /Cannot read the CAs in ".*\/none": ENOENT; set fts\.ca_dir/,
    );
  });

  test('with under an hour left nothing is submitted, and the monitor goes on', async () => {
    const short = await site('SHORT');
    const campaign = campaignAt(short, short.proxy(24 * 60));
    campaign.put('TODO', one);
    await campaign.run('consumer', 0);
    const fresh = await site('FRESH');
    campaign.put('TODO', two);
    campaign.settings([choice(fresh.server), choice(short.server, 0)], { fts: { ca_directory: fresh.caDirectory } });
    campaign.env['X509_USER_PROXY'] = fresh.proxy(40);
    const ran = await campaign.run('consumer', 5);
    assert.match(
      ran.said,
      /FRESH.*the delegated credential has (39|40) minutes left, FTS wants an hour; renew the proxy/,
    );
    assert.equal(fresh.server.submissions.length, 0);
    assert.deepEqual(campaign.lists('TODO'), [two]);

    campaign.settings([choice(short.server)], { fts: { ca_directory: short.caDirectory } });
    campaign.env['X509_USER_PROXY'] = short.proxy(30);
    endJob(short.server, campaign.job(short.server, one).jobId);
    assert.deepEqual((await campaign.run('monitor', 0)).of(one).to, [`DONE/Okay/${one}`]);
    nothingLostNorTwice(campaign, short.server, fresh.server);
  });

  test('a proxy that is missing, expired, open to others or of another CA moves nothing, and says what to do', async () => {
    const campaign = campaignAt(ral, day);
    campaign.put('TODO', one);
    await campaign.run('consumer', 0);
    campaign.put('TODO', two);
    const expired = ral.proxy(-1);
    const open = ral.proxy(600);
    chmodSync(open, 0o644);
    const cases: [proxy: string, why: RegExp][] = [
      [`${expired}.missing`, /Cannot log in with the proxy ".*\.missing": there is no such file; run voms-proxy-init/],
      [expired, /Cannot log in with ".*proxy": .*CN=4711 expired at \d{4}-\d\d-\d\dT.*Z; run voms-proxy-init/],
      [open, /Cannot log in with the proxy ".*proxy": others can read it; chmod 600/],
      [other.proxy(600), /closed the connection .*it may be rejecting the certificate in ".*proxy"/],
    ];
    for (const [proxy, why] of cases) {
      campaign.env['X509_USER_PROXY'] = proxy;
      for (const program of proxy === expired ? ['consumer', 'monitor'] : ['consumer']) {
        const ran = await campaign.run(program, 5);
        assert.match(ran.said, why);
        assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [[two], [one]]);
      }
    }
    nothingLostNorTwice(campaign, ral.server);
  });

  test('a server whose certificate is not trusted gets nothing', async () => {
    const campaign = campaignAt({ ...ral, caDirectory: other.caDirectory }, day);
    campaign.put('TODO', one);
    const ran = await campaign.run('consumer', 5);
    assert.match(ran.said, /the server's certificate is not trusted \(.*\); check the endpoint and fts\.ca_directory/);
    assert.deepEqual(campaign.lists('TODO'), [one]);
  });

  test('a token needs no delegation; one that is expired or refused moves nothing, and none is ever shown', async () => {
    const before = puts(ral);
    const campaign = campaignAt(ral, null, { auth: 'token' });
    campaign.put('TODO', one);
    const cases: [token: string, why: RegExp][] = [
      [bearerToken(-60), /Cannot log in with the token in "BEARER_TOKEN": it expired at \d{4}-.*; get a new token/],
      [
        bearerToken(3600, { iss: undefined, aud: undefined }),
        /Cannot log in on .*: the server did not accept the token; check its issuer, audience and scopes/,
      ],
    ];
    for (const [bearer, why] of cases) {
      campaign.env['BEARER_TOKEN'] = bearer;
      const ran = await campaign.run('consumer', 5, ['--verbose']);
      assert.match(ran.said, why);
      assert.deepEqual(campaign.lists('TODO'), [one]);
      const shown = JSON.stringify(ran) + campaign.read('castor2echo.log');
      assert.ok(!shown.includes(bearer.split('.')[1] ?? ''), shown);
    }
    campaign.env['BEARER_TOKEN'] = bearerToken(3600);
    await campaign.run('consumer', 0);
    assert.equal(puts(ral), before);
    nothingLostNorTwice(campaign, ral.server);
    assert.deepEqual(campaign.lists('DOING'), [one]);
    assert.deepEqual(campaign.rows('SELECT state FROM list'), [{ state: 'SUBMITTED' }]);
    assert.equal(lfnsOf(one).length, campaign.job(ral.server, one).transfers.length);
  });
});
