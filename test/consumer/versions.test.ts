/**
 * versions: what a server does not know is read from GET /, and not sent to it; its lists go to another, or wait.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { examine } from '../../dist/doctor/doctor.js';
import { FTS_VERSIONS } from '../../dist/rehearsal/server/protocol/versions.js';
import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { site, type Site } from '../servers/proxies.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { bearerToken } from '../support/tokens.js';

const [ONE, TWO] = [listName(1), listName(2)];
const FTS3 = FTS_VERSIONS.filter((version) => version !== '4.0');
const STORAGE = bearerToken(6 * 3600, { scope: 'offline_access storage.read:/ storage.modify:/' });

/** A campaign whose lists are cut by the route "own", which has these lines of its own. */
function campaignWith(servers: readonly RehearsalServer[], lines: string, fts: object = {}): Campaign {
  const campaign = new Campaign(
    servers.map((server) => choice(server)),
    { fts: { ...fts } },
  );
  const ends = `source = "${campaign.source}"\ndestination = "${campaign.destination}"`;
  const own = `[[route]]\nname = "own"\nmatch = "none"\n${ends}\n${lines}\n`;
  campaign.write('castor2echo.toml', own + campaign.read('castor2echo.toml'));
  campaign.write('storage.token', STORAGE);
  return campaign;
}

function put(campaign: Campaign, ...names: readonly string[]): void {
  for (const name of names) {
    campaign.put('TODO', name);
    campaign.write(`TODO/${name}`, `# castor2echo 1 -\n# route own\n${campaign.read(`TODO/${name}`)}`);
  }
}

const TOKENS = 'source_token_file = "storage.token"\ndestination_token_file = "storage.token"';

/** At a site whose server we log in to with a token. */
function withTokens({ caDirectory }: Site, servers: readonly RehearsalServer[]): Campaign {
  const campaign = campaignWith(servers, TOKENS, { ca_directory: caDirectory, auth: 'token' });
  campaign.env['BEARER_TOKEN'] = bearerToken(12 * 3600);
  return campaign;
}

const asked = ({ history }: RehearsalServer, path: string): number =>
  history.filter((request) => request.path === path).length;

const posts = ({ history }: RehearsalServer): number => history.filter(({ method }) => method === 'POST').length;

describe('versions of FTS', { concurrency: 2 }, () => {
  for (const version of FTS_VERSIONS)
    test(`a list goes through FTS ${version}: submitted, looked at, done`, async () => {
      const server = await rehearsalServer(version, { version });
      const campaign = new Campaign([choice(server)]);
      campaign.put('TODO', ONE);
      campaign.put('TODO', TWO);
      await campaign.run('consumer', 0);
      endJob(server, campaign.job(server, ONE).jobId);
      endJob(server, campaign.job(server, TWO).jobId, [['FAILED', 'SOURCE [2] No such file or directory']]);
      await campaign.run('monitor', 0);
      assert.deepEqual(campaign.lists('DONE/Okay'), [ONE, TWO]);
      assert.deepEqual(campaign.lists('DONE/Bad'), [TWO]);
      nothingLostNorTwice(campaign, server);
    });

  for (const version of FTS_VERSIONS)
    test(`tokens of storages are sent to FTS ${version} only if it knows them`, async () => {
      const knows = version === '4.0' || Number(version.split('.')[1]) >= 13;
      const ral = await site(`TOKENS${version}`, { version });
      const campaign = withTokens(ral, [ral.server]);
      put(campaign, ONE, TWO);
      const ran = await campaign.run('consumer', knows ? 0 : 3);
      assert.equal(posts(ral.server), knows ? 2 : 0);
      assert.equal(asked(ral.server, '/'), 1, 'asked once a run');
      if (knows) return nothingLostNorTwice(campaign, ral.server);
      assert.deepEqual(campaign.lists('TODO'), [ONE, TWO]);
      assert.match(
        ran.said,
        new RegExp(
          `The lists of route "own" wait in TODO: TOKENS${version} does not know all that they are sent with: it announces FTS REST ${version}\\.\\d, and FTS knows tokens of storages from 3\\.13\\.0 on`,
        ),
      );
      assert.equal(ran.warnings.filter((said) => said.includes('wait in TODO')).length, 1, 'each route is named once');
    });

  for (const [job, since] of [
    ['archive_timeout = 3600, archive_metadata = { "tier" = "raw" }', '3.12'],
    ['bring_online = 3600, staging_metadata = { "tier" = "raw" }', '3.12'],
    ['archive_timeout = 3600', '3.10'],
    ['disable_cleanup = true', '3.13'],
  ] as const)
    test(`job = { ${job} } goes to FTS ${since} and newer, however the servers are weighted`, async () => {
      const servers = await Promise.all(FTS3.map((version) => rehearsalServer(version, { version })));
      const campaign = campaignWith(servers, `job = { ${job} }`);
      put(campaign, ...Array.from({ length: 20 }, (_, index) => listName(index)));
      const ran = await campaign.run('consumer', 0, ['--lists', '20']);
      assert.equal(ran.counts['submitted'], 20);
      for (const [index, server] of servers.entries())
        if (index < FTS3.indexOf(since)) assert.equal(posts(server), 0, server.name);
      nothingLostNorTwice(campaign, ...servers);
    });

  test('a list that a person has moved to a server that is too old waits, and is named', async () => {
    const [old, other] = [await rehearsalServer('OLD', { version: '3.11' }), await rehearsalServer('NEW')];
    const campaign = campaignWith([old, other], '');
    put(campaign, ONE);
    await campaign.run('misc/moveServer', 0, [ONE, '--to', 'OLD', '--yes']);
    const job = 'job = { archive_metadata = { tier = "raw" } }';
    campaign.write(
      'castor2echo.toml',
      campaign.read('castor2echo.toml').replace('name = "own"\n', `name = "own"\n${job}\n`),
    );
    const ran = await campaign.run('consumer', 3);
    assert.match(ran.said, /OLD does not know all .*3\.11\.1, and FTS knows archive_metadata from 3\.12\.1 on/);
    assert.equal(posts(old) + posts(other), 0);
    const explained = async (list: string): Promise<string> =>
      (await campaign.text('misc/explain', 0, [list])).replaceAll(/\s+/g, ' ');
    assert.match(
      await explained(ONE),
      /next It waits in TODO for a newer server, .*: OLD does not know all that it is/,
    );
    put(campaign, TWO);
    assert.match(await explained(TWO), /next The next run of the consumer submits it\./, 'NEW knows it');
  });

  test('lists that no server is new enough for are counted by status and on the page, by route', async () => {
    const [old, other] = [await rehearsalServer('OLD', { version: '3.11' }), await rehearsalServer('NEW')];
    const campaign = campaignWith([old, other], 'servers = ["OLD"]\njob = { archive_metadata = { tier = "raw" } }');
    put(campaign, ONE);
    campaign.put('TODO', TWO);
    const why = 'OLD: it announces FTS REST 3.11.1, and FTS knows archive_metadata from 3.12.1 on';
    const told = JSON.parse(await campaign.text('status', 0, ['--json'])) as { newerServersWanted: unknown };
    assert.deepEqual(
      told.newerServersWanted,
      [{ route: 'own', lists: 1, why }],
      'NEW knows what the other is sent with',
    );
    const said = `1 list of route "own" waits in TODO for newer servers: ${why}`;
    assert.ok((await campaign.text('status', 0)).replaceAll(/\s+/g, ' ').includes(said));
    await campaign.run('monitor', 0, ['--report', campaign.path('page.html')]);
    assert.match(
      campaign.read('page.html'),
      /1 list of route \S*own\S* waits in TODO for newer servers: OLD: it announces/,
    );
  });

  test('and those without a route by what [job] sends', async () => {
    const old = await rehearsalServer('OLD', { version: '3.11' });
    const campaign = new Campaign([choice(old)], { job: { disable_cleanup: true } });
    campaign.put('TODO', ONE);
    assert.match(await campaign.text('status', 0), /1 list without a route waits in TODO for newer servers/);
  });

  test('no list is moved to a server that is too old for it', async () => {
    const [old, other] = [await rehearsalServer('OLD', { version: '3.11' }), await rehearsalServer('NEW')];
    const campaign = campaignWith([old, other], 'job = { archive_metadata = { tier = "raw" } }');
    put(campaign, ONE, TWO);
    await campaign.run('consumer', 0, ['--lists', '1']);
    const [doing] = campaign.lists('DOING');
    const ran = await campaign.run('misc/moveServer', 3, [
      doing ?? '',
      ...campaign.lists('TODO'),
      '--to',
      'OLD',
      '--yes',
    ]);
    assert.equal(
      ran.warnings.filter((said) => /Cannot move list .*: OLD does not know all that it is sent/.test(said)).length,
      2,
    );
    assert.ok(!other.history.some(({ method }) => method === 'DELETE'));
    assert.notEqual(campaign.job(other, doing ?? '').state, 'CANCELED');
  });

  test('a server that does not tell its version is taken to know everything, and the doctor says so', async () => {
    const ral = await site('SILENT');
    ral.server.setFaults([{ name: 'no version', does: 'html', status: 500, when: { path: /^\/$/ } }]);
    const campaign = withTokens(ral, [ral.server]);
    put(campaign, ONE);
    await campaign.run('consumer', 0);
    assert.equal(posts(ral.server), 1);
    const checks = await examine({ base: campaign.base }, { ...process.env, ...campaign.env });
    const of = checks.filter(({ about }) => about === 'SILENT').map(({ state, text }) => `${state} ${text}`);
    assert.match(of[0] ?? '', /^ok .*FTS REST of a version that it does not tell; it takes us for/);
    assert.ok(
      of.some((line) => line.startsWith('warning it does not tell its version')),
      of.join('\n'),
    );
  });

  test('the doctor says of each server its version, and which route it gets no list of', async () => {
    const ral = await site('OLD', { version: '3.12' });
    const cern = await ral.another('NEW', { version: '3.14' });
    const campaign = withTokens(ral, [ral.server, cern]);
    const checks = await examine({ base: campaign.base }, { ...process.env, ...campaign.env });
    const of = (name: string): string[] =>
      checks.filter(({ about }) => about === name).map(({ state, text }) => `${state} ${text}`);
    assert.match(of('OLD')[0] ?? '', /FTS REST 3\.12\.4; it takes us for/);
    assert.match(of('OLD')[1] ?? '', /^warning it gets no list of route "own": it announces FTS REST 3\.12\.4, and/);
    assert.match(of('NEW')[0] ?? '', /FTS REST 3\.14\.0; it takes us for/);
    assert.ok(of('NEW').every((line) => line.startsWith('ok')));
  });

  test('the doctor asks nothing of a server that gets no new lists, and says who reports nothing of destinations', async () => {
    const [old, other] = [await rehearsalServer('OLD', { version: '3.10' }), await rehearsalServer('NEW')];
    const campaign = campaignWith([old, other], 'job = { archive_timeout = 60, overwrite = false }');
    const settings = campaign.read('castor2echo.toml');
    campaign.write('castor2echo.toml', `${settings}\n[monitor]\nadopt_existing = true\n`);
    const of = async (name: string): Promise<string[]> =>
      (await examine({ base: campaign.base }, { ...process.env, ...campaign.env }))
        .filter(({ about }) => about === name)
        .map(({ state, text }) => `${state} ${text}`);
    assert.match((await of('OLD')).join(), /ok it reports nothing of destinations on tape that exist/);
    assert.doesNotMatch((await of('NEW')).join(), /reports nothing/);
    campaign.write(
      'castor2echo.toml',
      settings.replace('weight = 50', 'weight = 0').replace('60,', '60, disable_cleanup = true,'),
    );
    assert.ok((await of('OLD')).every((line) => line.startsWith('ok')));
  });

  test('to FTS4 nothing is delegated: with a proxy that is said in words, with a token its lists go', async () => {
    const ral = await site('FTS4', { version: '4.0' });
    const campaign = new Campaign([choice(ral.server)], { fts: { ca_directory: ral.caDirectory } });
    campaign.env['X509_USER_PROXY'] = ral.proxy(24 * 60);
    campaign.put('TODO', ONE);
    const words =
      /FTS4.*takes tokens only \(FTS REST 4\.0\.0 announces no delegation\), and we log in with a proxy; get a token and set fts\.auth = "token"/;
    const ran = await campaign.run('consumer', 5);
    assert.match(ran.said, words);
    assert.match((await campaign.run('monitor', 0)).said, /^$/);
    const doctor = await examine({ base: campaign.base }, { ...process.env, ...campaign.env });
    const check = doctor.find(({ about, state }) => about === 'FTS4' && state === 'failed');
    assert.match(check?.text ?? '', /takes tokens only/);
    campaign.settings([choice(ral.server)], { fts: { ca_directory: ral.caDirectory, auth: 'token' } });
    campaign.env['BEARER_TOKEN'] = bearerToken(12 * 3600);
    await campaign.run('consumer', 0);
    endJob(ral.server, campaign.job(ral.server, ONE).jobId);
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.lists('DONE/Okay'), [ONE]);
    assert.ok(!ral.server.history.some(({ path }) => path.startsWith('/delegation')));
    nothingLostNorTwice(campaign, ral.server);
  });
});
