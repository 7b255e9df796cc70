/**
 * renewal: `auth.renew_command` is run when little is left of the proxy or of a token, and judged by what it leaves.
 */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Campaign, choice, listName } from '../support/campaign.js';
import { bearerToken } from '../support/tokens.js';
import { site, type Site } from './proxies.js';

const [ONE, TWO] = [listName(1), listName(2)];
const ral = await site('RAL');
const [short, long, over] = [ral.proxy(5 * 60), ral.proxy(20 * 60), ral.proxy(-5)];

/** Its command says that it ran in the file "ran". */
function campaignAt({ server, caDirectory }: Site, command: string, fts: object = {}): Campaign {
  const campaign = new Campaign([choice(server)], {
    fts: { ca_directory: caDirectory, delegation_hours: 4, delegation_renew_hours: 2, ...fts },
    auth: { renew_command: `echo ran >> ran; ${command}`, renew_hours: 6 },
  });
  campaign.env['X509_USER_PROXY'] = campaign.path('proxy');
  campaign.put('TODO', ONE);
  return campaign;
}

function lay(campaign: Campaign, from: string, to = 'proxy'): void {
  copyFileSync(from, campaign.path(to));
  chmodSync(campaign.path(to), 0o600);
}

const runs = (campaign: Campaign): number => (campaign.has('ran') ? campaign.read('ran').trim().split('\n').length : 0);

// One after the other: delegations at one server would meet each other.
describe('auth.renew_command', () => {
  test('is run when less than renew_hours are left, and may complain if it leaves a good proxy', async () => {
    const campaign = campaignAt(ral, 'cp -p new proxy; echo "VOMS server complains" >&2; exit 1');
    lay(campaign, over);
    lay(campaign, long, 'new');
    assert.match(
      await campaign.text('consumer', 5, ['--dry-run']),
      /would run auth\.renew_command, as less than 6 hours are left of our credential/,
    );
    assert.equal(runs(campaign), 0);
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.of(ONE).action, ran.warnings], ['submitted', []]);
    assert.equal(runs(campaign), 1);
    campaign.put('TODO', TWO);
    await campaign.run('consumer', 0);
    await campaign.run('monitor', 0);
    assert.equal(runs(campaign), 1, 'enough is left');
    lay(campaign, short);
    await campaign.run('monitor', 0);
    assert.equal(runs(campaign), 2, 'the monitor runs it too');
  });

  test('that leaves what was there is named, whatever it ended with, and the run goes on', async () => {
    const secret = bearerToken(60, { jti: 'printed' });
    const campaign = campaignAt(ral, 'sh ./renew.sh');
    campaign.write('renew.sh', `echo "${secret}"; echo "no agent for ${secret}" >&2; true`);
    lay(campaign, short);
    const ran = await campaign.run('consumer', 3);
    assert.match(
      ran.said,
      /auth\.renew_command has not renewed .*proxy \(ends at \d{4}-.*\): it ended with 0, saying "no agent for …"; try it by hand: /,
    );
    assert.equal(ran.of(ONE).action, 'submitted');
    assert.ok(!`${JSON.stringify(ran)}${campaign.read('castor2echo.log')}`.includes(secret.slice(0, 60)));
    lay(campaign, over);
    assert.match(
      (await campaign.run('monitor', 5)).said,
      /has not renewed our credential \(Cannot log in with ".*proxy": .* expired at/,
    );
  });

  test('renews the tokens, ours and those of routes, also such as never last for renew_hours', async () => {
    const campaign = campaignAt(ral, 'for name in own source; do cp new.token $name.token; done', { auth: 'token' });
    campaign.env['BEARER_TOKEN_FILE'] = campaign.path('own.token');
    const { source, destination } = campaign;
    campaign.write(
      'castor2echo.toml',
      `[[route]]\nname = "dcache"\nmatch = "none"\nsource = "${source}"\ndestination = "${destination}"\nsource_token_file = "source.token"\ndestination_token_file = "long.token"\n${campaign.read('castor2echo.toml')}`,
    );
    campaign.write(`TODO/${ONE}`, `# castor2echo 1 -\n# route dcache\n${campaign.read(`TODO/${ONE}`)}`);
    campaign.write('own.token', bearerToken(-60));
    campaign.write('source.token', 'opaque');
    campaign.write('long.token', bearerToken(12 * 3600));
    campaign.write('new.token', bearerToken(2 * 3600));
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.of(ONE).action, ran.warnings], ['submitted', []]);
    assert.equal(runs(campaign), 1);
    const again = await campaign.run('consumer', 3);
    assert.match(again.said, /has not renewed .*own\.token, .*source\.token \(ends at /);
  });

  test('replaces tokens that FTS has refused, at the consumer alone, and where it does not the refusal stands', async () => {
    const claims = { scope: 'offline_access storage.read:/ storage.modify:/' };
    const campaign = campaignAt(ral, 'test ! -e new || for side in source destination; do cp new $side.token; done', {
      auth: 'token',
    });
    campaign.env['BEARER_TOKEN'] = bearerToken(12 * 3600);
    const { source, destination } = campaign;
    campaign.write(
      'castor2echo.toml',
      `[[route]]\nname = "dcache"\nmatch = "none"\nsource = "${source}"\ndestination = "${destination}"\nsource_token_file = "source.token"\ndestination_token_file = "destination.token"\n${campaign.read('castor2echo.toml')}`,
    );
    campaign.write(`TODO/${ONE}`, `# castor2echo 1 -\n# route dcache\n${campaign.read(`TODO/${ONE}`)}`);
    const refused = bearerToken(12 * 3600, { ...claims, sub: 'refused' });
    campaign.write('source.token', refused);
    campaign.write('destination.token', bearerToken(12 * 3600, claims));
    ral.server.refuseToken(refused, '[invalid_grant]: no');
    await campaign.run('consumer', 0);
    ral.server.advance(30);
    await campaign.run('monitor', 3);
    await campaign.run('monitor', 0);
    assert.equal(runs(campaign), 0);

    assert.match(
      await campaign.text('consumer', 3, ['--dry-run']),
      /would run auth\.renew_command, as FTS could not exchange what is in .*source\.token, .*destination\.token/,
    );
    const explained = await campaign.text('misc/explain', 0, [ONE]);
    assert.match(
      explained.replaceAll(/\s+/g, ' '),
      /It waits in TODO for other tokens: route "dcache": FTS could not exchange .*source\.token" is still one of them .*put another one there \(the next run of the consumer starts auth\.renew_command first\)\. Then: The next run of the consumer submits it/,
    );
    const shown = (await campaign.text('status', 0)).replaceAll(/\s+/g, ' ');
    assert.match(
      shown,
      /1 list of route "dcache" waits in TODO for other tokens: FTS could not exchange .*source\.token/,
    );

    const waits = await campaign.run('consumer', 3);
    assert.equal(runs(campaign), 1);
    assert.equal(waits.of(ONE).action, 'waiting');
    assert.match(
      waits.said,
      /has not renewed .*source\.token, .*\(FTS could not exchange it or its partner; .*it ended with 0/,
    );
    assert.match(waits.said, /The lists of route "dcache" wait in TODO: FTS could not exchange/);

    campaign.write('new', bearerToken(12 * 3600, { ...claims, sub: 'new' }));
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.of(ONE).action, ran.warnings, runs(campaign)], ['submitted', [], 2]);
    assert.doesNotMatch(await campaign.text('status', 0), /for other tokens/);
  });
});
