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
    example.route.map(({ match }) => match),
    ['*USER*', '*BUFFER*', '*'],
  );
  assert.deepEqual(example.fts.server, [
    { name: 'RAL', endpoint: 'https://lcgfts3.gridpp.rl.ac.uk:8446', weight: 50 },
    { name: 'CERN', endpoint: 'https://fts3.cern.ch:8446', weight: 50 },
  ]);
  const sound = load(SOUND);
  const { route, fts } = sound;
  assert.deepEqual({ ...example, route, fts: { ...example.fts, server: fts.server } }, sound);
});

test('every setting appears in the example', () => {
  const lines = readFileSync(EXAMPLE, 'utf8').split('\n');
  const missing: string[] = [];
  const look = (schema: unknown, table: string) => {
    for (const [key, inner] of Object.entries(settingsIn(schema) ?? {})) {
      const path = table === '' ? key : `${table}.${key}`;
      const header = settingsIn(inner) !== null;
      const shown = header
        ? lines.some((line) => /^(# )?\[\[?([\w.]+)\]\]?$/.exec(line)?.[2] === path || line.startsWith(`# ${key} = { `))
        : lines.some((line) => line.startsWith(`${key} = `) || line.startsWith(`# ${key} = `));
      if (!shown) missing.push(path);
      look(inner, path);
    }
  };
  look(SETTINGS_FILE, '');
  assert.deepEqual(missing, []);
});

test('the settings that the example leaves to FTS are good when they are switched on', () => {
  // Tokens go with none of the settings for tape, and a hold that ends must be one.
  const on = readFileSync(EXAMPLE, 'utf8')
    .replaceAll(/^# (?!\w+_token_file)(\w+ = |\[\[)/gm, '$1')
    .replace('hold = false', 'hold = true');
  const { job, storage } = load(on);
  assert.deepEqual(
    storage.map((each) => Object.keys(each)),
    [['match', 'max_doing', 'hold', 'until']],
  );
  const all = Object.keys(settingsIn(settingsIn(SETTINGS_FILE)?.['job']) ?? {});
  assert.deepEqual(Object.keys(job).toSorted(), all.toSorted());
});

test('the defaults are those that the documentation names', () => {
  assert.deepEqual(load(SOUND), {
    producer: { lfns_per_list: 20, lists_per_run: 1, lfn_lists: ['TODO/ListOfLFNs/*'] },
    route: [{ match: '*', source: 'srm://s/p', destination: 'gsiftp://d/p' }],
    storage: [],
    fts: {
      server: [{ name: 'RAL', endpoint: 'https://fts.example.org:8446', weight: 50 }],
      auth: 'auto',
      delegation_hours: 72,
      delegation_renew_hours: 24,
      timeout_seconds: 30,
      caDirectory: '/etc/grid-security/certificates',
      caDirectoryFrom: 'default',
    },
    auth: { renew_hours: 6 },
    consumer: { lists_per_run: 5, max_doing: 0, concurrency: 4 },
    job: { overwrite: true, verify_checksum: true, retry: 0, priority: 3 },
    monitor: { max_failures: 3, canceled: 'report', permanent_at_once: false, stuck_days: 7, quarantine_minutes: 60 },
    lock: { max_run_minutes: 50, takeover_minutes: 60 },
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
  assert.deepEqual(settings.producer, { lfns_per_list: 20000, lists_per_run: 7, lfn_lists: ['in/*.list', 'more/*'] });
  const { server, ...fts } = settings.fts;
  assert.deepEqual(fts, {
    auth: 'token',
    delegation_hours: 12,
    delegation_renew_hours: 6,
    timeout_seconds: 5,
    vo: 'lhcb',
    caDirectory: '/ca',
    caDirectoryFrom: 'fts.ca_directory',
  });
  assert.deepEqual(settings.consumer, { lists_per_run: 50, max_doing: 100, concurrency: 32 });
  assert.equal(settings.job['verify_checksum'], 'both');
  assert.equal(settings.job['max_time_in_queue'], '30m');
  assert.equal(JSON.stringify(settings.job['job_metadata']), '{"production":"Charm","year":2018}');
  assert.deepEqual(settings.monitor, {
    max_failures: 0,
    canceled: 'retry',
    permanent_at_once: true,
    stuck_days: 14,
    quarantine_minutes: 0,
  });
  assert.deepEqual(settings.lock, { max_run_minutes: 10, takeover_minutes: 11 });
  assert.deepEqual(server[1], { name: 'here', endpoint: 'http://localhost:8446', weight: 3 });
});
