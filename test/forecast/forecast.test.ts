/**
 * forecast: the programs say when a credential ends before what is still to be done.
 */
import assert from 'node:assert/strict';
import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { examine } from '../../dist/doctor/doctor.js';
import { site, type Site } from '../servers/proxies.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { bearerToken } from '../support/tokens.js';

const [ONE, TWO] = [listName(1), listName(2)];
const HOUR_MS = 3_600_000;
const ral = await site('RAL');
const [soon, half] = [ral.proxy(80), ral.proxy(12 * 60)].map(old);

/** As if it had been made two days ago. */
function old(file: string): string {
  const time = Date.now() / 1000 - 48 * 3600;
  utimesSync(file, time, time);
  return file;
}

/** A list of 400 transfers, to be sent with this proxy. */
function campaignAt({ server, caDirectory }: Site, proxy: string, settings: Record<string, object> = {}): Campaign {
  const fts = { ca_directory: caDirectory, delegation_hours: 20, delegation_renew_hours: 2, ...settings['fts'] };
  const campaign = new Campaign([choice(server)], { ...(settings as Record<string, never>), fts });
  campaign.env['X509_USER_PROXY'] = proxy;
  campaign.put(
    'TODO',
    ONE,
    Array.from({ length: 400 }, (_, index) => `/lhcb/${index}`),
  );
  return campaign;
}

/** 400 transfers a day: FTS has finished 200 within the last twelve hours. */
function setPace(campaign: Campaign): void {
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const sql = "INSERT INTO hourly (hour, outcome, transfers, bytes) VALUES (?, 'finished', ?, 1)";
  campaign.leave(sql, hour - 12 * HOUR_MS, 100);
  campaign.leave(sql, hour - HOUR_MS, 100);
}

const QUEUE =
  /The proxy ".*" ends at \d{4}-.* UTC, before the queue, which at this pace ends at \d{4}-.* UTC: about 1 list \(\d+ transfers\) left; run voms-proxy-init, or let auth\.renew_command do so/;
const NEXT_RUN = /The proxy ".*" ends at \d{4}-.* UTC, before the next run \(about .* UTC\): then nothing moves; run/;

// One after the other: delegations at one server would meet each other.
describe('a proxy that ends too early', () => {
  test('before the queue is a warning of each run, of status, page, metrics and doctor', async () => {
    const campaign = campaignAt(ral, half ?? '');
    assert.deepEqual((await campaign.run('consumer', 0)).warnings, [], 'of a pace that is not known nothing is said');
    setPace(campaign);
    const [page, metrics] = ['page.html', 'metrics.prom'].map((name) => join(temporaryDirectory(), name));
    const ran = await campaign.run('monitor', 0, ['--report', page ?? '', '--metrics', metrics ?? '']);
    assert.equal(ran.warnings.length, 1);
    assert.match(ran.said, QUEUE);
    const { forecast } = ran as unknown as { forecast: { queue: object; credentials: { endsBefore: unknown }[] } };
    assert.deepEqual(
      forecast.credentials.map(({ endsBefore }) => endsBefore),
      ['queue', null],
    );
    const seen = await campaign.text('status', 0);
    assert.match(seen, /\ncredentials\n {2}The proxy /);
    assert.match(
      seen.replaceAll(/\s+/g, ' '),
      /The proxy ".*" ends at .* UTC, before the queue, .* left; run voms-proxy/,
    );
    const html = campaign.read(relativeTo(campaign, page));
    assert.match(html, /<li>The proxy ends at .*, before the queue/);
    assert.ok(!html.includes(half ?? '/'), 'the page does not say where the proxy stands');
    const text = campaign.read(relativeTo(campaign, metrics));
    assert.match(text, /^castor2echo_credential_expires_timestamp_seconds\{.*credential="proxy"\} \d{10}$/m);
    assert.match(text, /^castor2echo_credential_expires_.*credential="delegation",server="RAL",endpoint=.*\} \d{10}$/m);
    assert.match(text, /^castor2echo_credential_too_short\{.*credential="proxy"\} 1$/m);
    assert.match(text, /^castor2echo_queue_ends_timestamp_seconds\{.*\} \d{10}$/m);
    const [check, ...others] = await checks(campaign);
    assert.equal(others.length, 0);
    assert.match(check ?? '', /^warning The proxy .* before the queue/);
  });

  test('before the next run needs a person, also where no pace is known', async () => {
    const campaign = campaignAt(ral, soon ?? '');
    const ran = await campaign.run('consumer', 3);
    assert.equal(ran.of(ONE).action, 'submitted');
    assert.equal(ran.warnings.length, 1, 'what is delegated of it is the same trouble');
    assert.match(ran.said, NEXT_RUN);
    assert.match((await campaign.run('monitor', 3)).said, NEXT_RUN);
    assert.match((await checks(campaign)).join(), /^warning The proxy .* before the next run/);
  });

  test('is no trouble where nothing is to be done, or a command renews it', async () => {
    // Nothing is delegated to it yet.
    const cern = await site('CERN');
    const campaign = campaignAt(cern, old(cern.proxy(80)));
    campaign.move(`TODO/${ONE}`, `DONE/Okay/${ONE}`);
    assert.deepEqual((await campaign.run('consumer', 0)).warnings, []);
    assert.deepEqual(await checks(campaign), ['ok nothing is left to be done']);
    campaign.move(`DONE/Okay/${ONE}`, `TODO/${ONE}`);
    const settings = campaign.read('castor2echo.toml');
    const host = campaign.source.replace(/^(\w+:\/\/[^/]*).*/, '$1');
    campaign.write('castor2echo.toml', `${settings}\n[[storage]]\nmatch = "${host}"\nhold = true\n`);
    assert.deepEqual((await campaign.run('consumer', 0)).warnings, [], 'all waits for a storage that is held');
    assert.deepEqual((await campaign.run('monitor', 0)).warnings, []);
    assert.match((await checks(campaign)).join(), /^ok all that is left waits for storages that are held$/);
    campaign.write(`TODO/${TWO}`, 'mock://other.example.org/x  mock://another.example.org/x\n');
    assert.match((await checks(campaign)).join(), /^warning The proxy .* before the next run/, 'one list may go');
    rmSync(campaign.path(`TODO/${TWO}`));
    campaign.write('castor2echo.toml', settings);
    campaign.env['C2E_RENEW_PROXY'] = 'true';
    const ran = await campaign.run('consumer', 3);
    assert.doesNotMatch(ran.said, /The proxy/, 'cron renews it before each run');
    assert.match(
      ran.said,
      /What is delegated to CERN ends at .*: then what FTS copies for us fails; set fts\.delegation/,
    );
  });
});

test('a token of a route that ends before its lists are sent is named once, with its route; one that nothing is sent with any more is not', async () => {
  const campaign = campaignAt(ral, half ?? '', { fts: { auth: 'token' } });
  campaign.env['BEARER_TOKEN'] = bearerToken(1.5 * 3600);
  const { source, destination } = campaign;
  const route = `[[route]]\nname = "dcache"\nmatch = "none"\nsource = "${source}"\ndestination = "${destination}"\nsource_token_file = "one.token"\ndestination_token_file = "one.token"\n`;
  campaign.write('castor2echo.toml', route + campaign.read('castor2echo.toml'));
  campaign.write('one.token', bearerToken(1.5 * 3600, { scope: 'offline_access storage.read:/ storage.modify:/' }));
  old(campaign.path('one.token'));
  campaign.put('TODO', TWO);
  for (const name of [ONE, TWO])
    campaign.write(`TODO/${name}`, `# castor2echo 1 -\n# route dcache\n${campaign.read(`TODO/${name}`)}`);
  const ran = await campaign.run('consumer', 3, ['--lists', '1']);
  assert.equal(ran.of(ONE).action, 'submitted');
  assert.equal(ran.warnings.length, 1);
  assert.match(
    ran.said,
    /^The token of route "dcache" \(source\) and "dcache" \(destination\) ".*one\.token" ends at .*, before the next run \(.*\): then the lists of its route wait; get one/,
  );
  assert.deepEqual((await campaign.run('consumer', 0)).warnings, [], 'nothing is to be sent with it any more');
  assert.ok(!JSON.stringify(ran).includes(campaign.read('one.token').slice(0, 60)));
});

const relativeTo = ({ base }: Campaign, file = ''): string => join('../'.repeat(base.split('/').length), file);

async function checks({ base, env }: Campaign): Promise<string[]> {
  const all = await examine({ base }, env);
  return all.filter(({ about }) => about === 'forecast').map(({ state, text }) => `${state} ${text}`);
}
