/**
 * routes: what a route has of its own: another path at the destination, what is sent, its servers, how many of its
 * lists in DOING.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

/** Its copies take a second. */
const quickServer = (name: string): Promise<RehearsalServer> =>
  rehearsalServer(name, { script: () => ({ state: 'FINISHED' }) });

interface OwnRoute {
  readonly match: string;
  readonly lines: string;
  readonly source?: string;
}

/** Its routes, in place of the one for all. */
function campaignWith(servers: readonly RehearsalServer[], ...routes: readonly OwnRoute[]): Campaign {
  const campaign = new Campaign(servers.map((server) => choice(server)));
  setRoutes(campaign, servers, routes);
  return campaign;
}

function setRoutes(campaign: Campaign, servers: readonly RehearsalServer[], routes: readonly OwnRoute[]): void {
  const { source, destination } = campaign;
  const tables = routes.map(
    (route) =>
      `[[route]]\nmatch = "${route.match}"\nsource = "${route.source ?? source}"\ndestination = "${destination}"\n${route.lines}\n`,
  );
  campaign.settings(servers.map((server) => choice(server)));
  const rest = campaign.read('castor2echo.toml').replace(/\[\[route\]\][^[]*/, '');
  campaign.write('castor2echo.toml', `${tables.join('')}${rest}`);
}

const bodies = (server: RehearsalServer): { files: { destinations: string[] }[]; params: Record<string, unknown> }[] =>
  server.history
    .filter(({ method, path }) => method === 'POST' && path === '/jobs')
    .map(({ body }) => JSON.parse(body) as ReturnType<typeof bodies>[number]);

describe('a route of its own', { concurrency: 4 }, () => {
  test('writes another path at the destination, and every program knows the LFN all the same', async () => {
    const ral = await quickServer('RAL');
    const campaign = campaignWith([ral], {
      match: '*',
      lines: 'rewrite = [["^/lhcb/buffer/(.*)$", "/$1"], ["^/lhcb/none/.*$", "none"]]',
    });
    campaign.lfns('a.list', ['/lhcb/buffer/data/1.dst', '/lhcb/other/2.dst', '/data/1.dst', '/lhcb/none/3.dst']);
    await campaign.run('producer', 0);
    const [name = ''] = campaign.lists('TODO');
    assert.deepEqual(
      campaign
        .read(`TODO/${name}`)
        .split('\n')
        .filter((line) => line.startsWith('srm')),
      [
        `${campaign.source}/lhcb/buffer/data/1.dst  ${campaign.destination}/data/1.dst`,
        `${campaign.source}/lhcb/other/2.dst  ${campaign.destination}/lhcb/other/2.dst`,
      ],
      'of two LFNs with one destination the later is dropped',
    );
    assert.match(
      campaign.read(`DONE/Bad/${name}`),
      /a\.list:4: is rewritten to "none", which does not begin with a slash/,
    );
    await campaign.run('consumer', 0);
    ral.advance(60);
    await campaign.run('monitor', 0);
    assert.equal((await campaign.run('misc/audit', 0)).exit, 0);
    assert.match(await campaign.text('misc/explain', 0, ['/lhcb/buffer/data/1.dst']), /DONE\/Okay/);
    campaign.move(`DONE/Okay/${name}`, `DONE/Bad/${name}~3.txt`);
    const back = await campaign.run('misc/requeue', 0, ['--lfn', '/lhcb/buffer/data/1.dst', '--yes']);
    assert.equal(back.counts['transfers'], 1);
  });

  test('is kept by its lists, whose jobs get what it says', async () => {
    const [ral, cern] = [await quickServer('RAL'), await quickServer('CERN')];
    const campaign = campaignWith(
      [ral, cern],
      {
        match: 'tape*',
        lines: 'name = "tape"\nservers = ["CERN"]\nlfns_per_list = 3\njob = { priority = 5, bring_online = 60 }',
      },
      { match: '*', lines: '' },
    );
    campaign.lfns('tape.list', ['/lhcb/1', '/lhcb/2', '/lhcb/3', '/lhcb/4']);
    for (let round = 0; round < 2; round++) await campaign.run('producer', 0);
    const [first = '', second = ''] = campaign.lists('TODO');
    assert.match(campaign.read(`TODO/${first}`), /^# castor2echo 1 .*\n# from .*\n# route tape\n/);
    assert.equal(campaign.read(`TODO/${first}`).match(/^srm/gm)?.length, 3);
    campaign.put('TODO', listName(9), ['/lhcb/by-hand']);
    await campaign.run('consumer', 0);
    const sent = [...bodies(ral), ...bodies(cern)];
    const ofTape = sent.filter(({ params }) => params['priority'] === 5);
    assert.equal(sent.length, 3);
    assert.equal(ofTape.length, 2);
    assert.ok(ofTape.every(({ params }) => params['bring_online'] === 60 && params['retry'] === 0));
    assert.ok(
      bodies(ral).every(({ params }) => params['priority'] === 3),
      'its lists go to its own server only',
    );
    assert.notEqual(second, '');
  });

  test('lets no more of its lists into DOING than it may have, and the others pass', async () => {
    const ral = await quickServer('RAL');
    const campaign = campaignWith(
      [ral],
      { match: 'a*', lines: 'name = "weak"\nmax_doing = 2' },
      { match: '*', lines: '' },
    );
    campaign.lfns('a.list', ['/lhcb/1', '/lhcb/2', '/lhcb/3']);
    campaign.lfns('b.list', ['/lhcb/4']);
    await campaign.run('producer', 0, ['--lfns', '1', '--lists', '4']);
    const dry = await campaign.run('consumer', 0, ['--dry-run']);
    assert.equal(dry.counts['submitted'], 3);
    const ran = await campaign.run('consumer', 0);
    assert.equal(ran.counts['submitted'], 3);
    assert.match(
      await campaign.text('consumer', 0),
      /1 list of route "weak" wait in TODO: its max_doing of 2 is reached/,
    );
    assert.equal(campaign.lists('TODO').length, 1);
    ral.advance(60);
    await campaign.run('monitor', 0);
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 1);
    nothingLostNorTwice(campaign, ral);
  });

  test('that has left the settings keeps its lists in TODO, and they are named', async () => {
    const ral = await quickServer('RAL');
    const campaign = campaignWith([ral], { match: '*', lines: 'name = "old"' });
    campaign.lfns('a.list', ['/lhcb/1']);
    await campaign.run('producer', 0);
    const [name = ''] = campaign.lists('TODO');
    setRoutes(campaign, [ral], [{ match: '*', lines: '' }]);
    const ran = await campaign.run('consumer', 3);
    assert.match(ran.said, new RegExp(`"${name}" in TODO is not submitted: it was cut by the route "old"`));
    setRoutes(campaign, [ral], [{ match: '*', lines: 'name = "old"' }]);
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 1);
  });

  test('tries from its source what another could not bring', async () => {
    const ral = await rehearsalServer('RAL', {
      script: ({ source }) =>
        source.includes('castor') ? { state: 'FAILED', reason: 'SOURCE [2] No such file or directory' } : undefined,
    });
    const second = {
      match: 'none',
      lines: 'name = "copy"\njob = { priority = 4 }',
      source: 'root://copy.example.org//data',
    };
    const campaign = campaignWith([ral], second, { match: '*', lines: 'name = "first"' });
    campaign.lfns('a.list', ['/lhcb/1']);
    await campaign.run('producer', 0);
    for (let round = 0; round < 5; round++) {
      await campaign.run('consumer');
      ral.advance(60);
      await campaign.run('monitor');
    }
    assert.equal(campaign.lists('DONE/Bad').length, 1);
    await campaign.run('misc/requeue', 0, ['--all', '--route', 'copy', '--yes']);
    const [back = ''] = campaign.lists('TODO');
    assert.match(campaign.read(`TODO/${back}`), /# route copy\n/);
    assert.match(
      campaign.read(`TODO/${back}`),
      new RegExp(`\nroot://copy.example.org//data/lhcb/1  ${campaign.destination}/lhcb/1\n`),
    );
    await campaign.run('consumer', 0);
    ral.advance(60);
    await campaign.run('monitor', 0);
    assert.equal(bodies(ral).at(-1)?.params['priority'], 4);
    assert.equal(campaign.lists('DONE/Okay').length, 1);
    assert.equal((await campaign.run('misc/audit', 0)).exit, 0);
  });

  test('is shown by a dry run of the producer with its first transfer and what FTS would be sent', async () => {
    const ral = await quickServer('RAL');
    const campaign = campaignWith(
      [ral],
      { match: 'a*', lines: 'name = "first"\njob = { priority = 5 }' },
      { match: 'b*', lines: '' },
    );
    campaign.lfns('a.list', ['/lhcb/1']);
    const said = await campaign.text('producer', 0, ['--dry-run']);
    assert.ok(said.includes(`route "first": ${campaign.source}/lhcb/1 → ${campaign.destination}/lhcb/1`), said);
    assert.match(said, /route "first": FTS would be sent overwrite = true, .*priority = 5/);
    assert.match(said, /route "b\*": nothing would be cut by it/);
    assert.deepEqual(campaign.lists('TODO'), []);
  });

  test('that only stages brings files online where they are, and asks FTS to write over nothing', async () => {
    const ral = await quickServer('RAL');
    const campaign = campaignWith([ral], {
      match: '*',
      lines: 'name = "tape"\nstage_only = true\njob = { bring_online = 60 }',
    });
    campaign.write(
      'castor2echo.toml',
      campaign.read('castor2echo.toml').replace(campaign.destination, campaign.source),
    );
    campaign.lfns('a.list', ['/lhcb/1']);
    await campaign.run('producer', 0);
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 1);
    const [body] = bodies(ral);
    assert.equal(body?.params['overwrite'], false);
    assert.deepEqual(body?.files[0]?.destinations, [`${campaign.source}/lhcb/1`]);
    ral.advance(100);
    await campaign.run('monitor', 0);
    assert.equal(campaign.lists('DONE/Okay').length, 1);
  });
});
