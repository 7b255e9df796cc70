import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadSettings } from '../../dist/settings/settings.js';
import { SETTINGS_FILE, settingsIn } from '../../dist/settings/schema.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const EXAMPLE = fileURLToPath(new URL('../../castor2echo.example.toml', import.meta.url));
const FILE = join(temporaryDirectory(), 'castor2echo.toml');
const SOUND = `[[route]]
match = "*"
source = "srm://s/p"
destination = "gsiftp://d/p"
[[fts.server]]
name = "RAL"
endpoint = "https://fts.example.org:8446"
`;

function load(toml: string) {
  writeFileSync(FILE, toml);
  return loadSettings(FILE, {});
}

test('the example shows a campaign with three routes and two servers, and the default of everything else', () => {
  const example = loadSettings(EXAMPLE, {});
  assert.deepEqual(
    example.routes.map(({ match }) => match),
    ['*USER*', '*BUFFER*', '*'],
  );
  assert.deepEqual(example.servers, [
    { name: 'RAL', endpoint: 'https://lcgfts3.gridpp.rl.ac.uk:8446', weight: 50 },
    { name: 'CERN', endpoint: 'https://fts3.cern.ch:8446', weight: 50 },
  ]);
  const { routes, servers } = load(SOUND);
  assert.deepEqual({ ...example, routes, servers }, load(SOUND));
});

test('every setting appears in the example', () => {
  const lines = readFileSync(EXAMPLE, 'utf8').split('\n');
  const missing: string[] = [];
  const look = (schema: unknown, table: string) => {
    for (const [key, inner] of Object.entries(settingsIn(schema) ?? {})) {
      const path = table === '' ? key : `${table}.${key}`;
      const header = settingsIn(inner) !== null;
      const shown = header
        ? lines.some((line) => line === `[${path}]` || line === `[[${path}]]`)
        : lines.some((line) => line.startsWith(`${key} = `) || line.startsWith(`# ${key} = `));
      if (!shown) missing.push(path);
      look(inner, path);
    }
  };
  look(SETTINGS_FILE, '');
  assert.deepEqual(missing, []);
});

test('the settings that the example leaves to FTS are good when they are switched on', () => {
  const on = readFileSync(EXAMPLE, 'utf8').replaceAll(/^# (\w+ = )/gm, '$1');
  const { job } = load(on);
  const all = Object.keys(settingsIn(settingsIn(SETTINGS_FILE)?.['job']) ?? {});
  assert.deepEqual(Object.keys(job).toSorted(), all.toSorted());
});

test('the defaults are those that the documentation names', () => {
  assert.deepEqual(load(SOUND), {
    producer: { lfnsPerList: 20, listsPerRun: 1, lfnLists: ['TODO/ListOfLFNs/*'] },
    routes: [{ match: '*', source: 'srm://s/p', destination: 'gsiftp://d/p' }],
    servers: [{ name: 'RAL', endpoint: 'https://fts.example.org:8446', weight: 50 }],
    fts: {
      auth: 'auto',
      delegationHours: 72,
      delegationRenewHours: 24,
      timeoutSeconds: 30,
      vo: null,
      caDirectory: '/etc/grid-security/certificates',
      caDirectoryFrom: 'default',
    },
    consumer: { listsPerRun: 5, maxDoing: 0, concurrency: 4 },
    job: { overwrite: true, verify_checksum: true, retry: 0, priority: 3 },
    monitor: { maxFailures: 3, canceled: 'report', permanentAtOnce: false, stuckDays: 7, quarantineMinutes: 60 },
    lock: { maxRunMinutes: 50, takeoverMinutes: 60 },
  });
});

test('what the file says is taken', () => {
  const settings = load(`\ufeff[producer]\r
lfns_per_list = 20000\r
lists_per_run = 7\r
lfn_lists = ["in/*.list", "more/*"]\r
[fts]\r
auth = "token"\r
delegation_hours = 12\r
delegation_renew_hours = 6\r
timeout_seconds = 5\r
ca_directory = "/ca"\r
vo = "lhcb"\r
[consumer]\r
lists_per_run = 50\r
max_doing = 100\r
concurrency = 32\r
[job]\r
verify_checksum = "both"\r
max_time_in_queue = "30m"\r
job_metadata = { production = "Charm", year = 2018 }\r
[monitor]\r
max_failures = 0\r
canceled = "retry"\r
permanent_at_once = true\r
quarantine_minutes = 0\r
stuck_days = 14\r
[lock]\r
max_run_minutes = 10\r
takeover_minutes = 11\r
${SOUND}weight = 0.0\r
[[fts.server]]\r
name = "here"\r
endpoint = "HTTP://LocalHost:8446/"\r
weight = 3\r
`);
  assert.deepEqual(settings.producer, { lfnsPerList: 20000, listsPerRun: 7, lfnLists: ['in/*.list', 'more/*'] });
  assert.deepEqual(settings.fts, {
    auth: 'token',
    delegationHours: 12,
    delegationRenewHours: 6,
    timeoutSeconds: 5,
    vo: 'lhcb',
    caDirectory: '/ca',
    caDirectoryFrom: 'fts.ca_directory',
  });
  assert.deepEqual(settings.consumer, { listsPerRun: 50, maxDoing: 100, concurrency: 32 });
  assert.equal(settings.job['verify_checksum'], 'both');
  assert.equal(settings.job['max_time_in_queue'], '30m');
  assert.equal(JSON.stringify(settings.job['job_metadata']), '{"production":"Charm","year":2018}');
  assert.deepEqual(settings.monitor, {
    maxFailures: 0,
    canceled: 'retry',
    permanentAtOnce: true,
    stuckDays: 14,
    quarantineMinutes: 0,
  });
  assert.deepEqual(settings.lock, { maxRunMinutes: 10, takeoverMinutes: 11 });
  assert.deepEqual(settings.servers[1], { name: 'here', endpoint: 'http://localhost:8446', weight: 3 });
});
