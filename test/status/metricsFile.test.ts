/**
 * metricsFile: what the monitor writes for Prometheus, and that it never costs the run anything.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Campaign, choice, listName } from '../support/campaign.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { site } from '../servers/proxies.js';
import { endJob, rehearsalServer, submitted } from '../support/rehearsed.js';

/** Values by series, without the campaign's label. */
function read(file: string): Record<string, number> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name = '', labels = '', value] = /^(\w+)\{campaign="[^"]+",?(.*)\} (\d+)$/.exec(line) ?? [];
      return value === undefined ? [] : [[labels === '' ? name : `${name} ${labels}`, Number(value)]];
    }),
  );
}

describe('monitor --metrics', { concurrency: 4 }, () => {
  test('counts what this very run has settled; everybody may read the file', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const [name, other] = [listName(1), listName(2)];
    const jobs = await submitted(campaign, ral, { [name]: ['/lhcb/a', '/lhcb/b'], [other]: ['/lhcb/c'] });
    endJob(ral, jobs[name] ?? '', [['FINISHED'], ['FAILED', 'SOURCE [2] No such file or directory']]);
    const file = join(temporaryDirectory(), 'castor2echo.prom');
    await campaign.run('monitor', 0, ['--metrics', file]);

    const seen = read(file);
    assert.equal(seen['castor2echo_transfers place="okay"'], 1);
    assert.equal(seen['castor2echo_transfers place="bad"'], 1);
    assert.equal(seen['castor2echo_transfers place="doing"'], 1);
    assert.equal(seen['castor2echo_finished_transfers_total'], 1);
    assert.equal(seen['castor2echo_failures_total class="permanent"'], 1);
    assert.equal(seen[`castor2echo_open_jobs server="RAL",endpoint="${ral.url}"`], 1);
    assert.equal(seen['castor2echo_last_run_exit_status'], 0);
    const age = Date.now() / 1000 - (seen['castor2echo_last_success_timestamp_seconds'] ?? 0);
    assert.ok(age >= 0 && age < 120, `${age}`);
    assert.equal(statSync(file).mode & 0o777, 0o644);
  });

  test('a run that needs a person keeps the time of the last good one, and says its exit status', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const file = join(temporaryDirectory(), 'castor2echo.prom');
    writeFileSync(file, 'castor2echo_last_success_timestamp_seconds{campaign="x"} 1234\n');
    const jobs = await submitted(campaign, ral, { [listName(1)]: ['/lhcb/a'] });
    endJob(ral, jobs[listName(1)] ?? '', [['CANCELED']]);
    await campaign.run('monitor', 3, ['--metrics', file]);
    assert.equal(read(file)['castor2echo_last_run_exit_status'], 3);
    assert.equal(read(file)['castor2echo_last_success_timestamp_seconds'], 1234);
  });

  test('says how long the proxy and what is delegated of it last; 0 of a proxy that is not there', async () => {
    const { server, caDirectory, proxy } = await site('RAL');
    const campaign = new Campaign([choice(server)], { fts: { ca_directory: caDirectory } });
    campaign.env['X509_USER_PROXY'] = proxy(12 * 60);
    const file = join(temporaryDirectory(), 'x.prom');
    await submitted(campaign, server, { [listName(1)]: ['/lhcb/a'] });
    await campaign.run('monitor', 0, ['--metrics', file]);
    const labels = `server="RAL",endpoint="${server.url}"`;
    const left = [
      'castor2echo_credential_remaining_seconds kind="proxy"',
      `castor2echo_delegation_remaining_seconds ${labels}`,
    ].map((series) => read(file)[series] ?? 0);
    for (const seconds of left) assert.ok(seconds > 11 * 3600 && seconds <= 12 * 3600, left.join(' '));
    assert.equal(read(file)[`castor2echo_server_up ${labels}`], 1);

    campaign.env['X509_USER_PROXY'] = proxy(12 * 60, 5);
    await campaign.run('monitor', 0, ['--metrics', file]);
    const voms = read(file)['castor2echo_credential_remaining_seconds kind="proxy"'] ?? 0;
    assert.ok(voms > 4 * 3600 && voms <= 5 * 3600, `${voms}: its VOMS attributes end before it`);

    campaign.env['X509_USER_PROXY'] = join(caDirectory, 'none');
    await campaign.run('monitor', 5, ['--metrics', file]);
    assert.equal(read(file)['castor2echo_credential_remaining_seconds kind="proxy"'], 0);
    assert.equal(read(file)[`castor2echo_server_up ${labels}`], 0);
    assert.equal(read(file)['castor2echo_last_run_exit_status'], 5);
  });

  test('a file that cannot be written is a warning, and the lists move all the same', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'taken'));
    for (const [file, why] of [
      ['nowhere/x.prom', /Cannot write .*nowhere\/x\.prom: its directory is not there/],
      ['taken', /Cannot write .*taken: it is a directory/],
    ] as const) {
      const name = `${why.source.length}-${listName(1)}`;
      const jobs = await submitted(campaign, ral, { [name]: [`/lhcb/${name}`] });
      endJob(ral, jobs[name] ?? '');
      const ran = await campaign.run('monitor', 0, ['--metrics', join(directory, file)]);
      assert.match(ran.said, why);
      assert.ok(campaign.has(`DONE/Okay/${name}`));
    }
    assert.deepEqual(readdirSync(directory), ['taken']);
  });

  test('an LFN list without a route does not make the monitor need a person', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.write('castor2echo.toml', campaign.read('castor2echo.toml').replace('match = "*"', 'match = "none"'));
    campaign.lfns('a.list', ['/lhcb/a']);
    const file = join(temporaryDirectory(), 'x.prom');
    assert.equal((await campaign.run('monitor', 0, ['--metrics', file])).said, '');
    assert.equal(read(file)['castor2echo_transfers place="to_cut"'], 0);
  });

  test('--dry-run writes no file', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const directory = temporaryDirectory();
    const args = ['--metrics', join(directory, 'x.prom'), '--report', join(directory, 'x.html'), '--dry-run'];
    await campaign.run('monitor', 0, args);
    assert.deepEqual(readdirSync(directory), []);
  });
});
