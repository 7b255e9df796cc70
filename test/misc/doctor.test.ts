/**
 * doctor: a campaign in good health, and then one fault after the other, each planted alone and found.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import type { Check } from '../../dist/doctor/checks.js';
import { examine, exitOf } from '../../dist/doctor/doctor.js';
import { acquireLease } from '../../dist/lease/lease.js';
import { storageOf } from '../../dist/lists/url.js';
import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { Grid, USER_DN, type Pair } from '../rehearsal/certificates.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { vomsExtension } from '../support/voms.js';

/** Removed when the tests of this file are over. */
const gridOf = (): Grid => new Grid({ after: (remove) => after(remove as () => void) });

const grid = gridOf();
const host = grid.host();
const tls = { cert: host.cert, key: host.key, ca: grid.ca.cert };
const user = grid.user();
const ral = await rehearsalServer('RAL', { tls });
/** Delegations at one server would meet each other. */
const second = await rehearsalServer('RAL', { tls });
const ofNoVo = await rehearsalServer('RAL', { tls, vo: '' });
/** A proxy that all the campaigns have: a key costs more than a look at it. */
const ofADay = leafOf(24);

const CRONTAB = `MAILTO=me@example.org
17 */2 * * * /bin/true; "$HOME/cronjobs/consumer.sh"
17 1-23/2 * * * "$HOME/cronjobs/monitor.sh"
`;
/** A day is what the test proxies live, so a renewal must be wanted later than that. */
const SETTINGS = { fts: { delegation_hours: 20, delegation_renew_hours: 2, timeout_seconds: 30 } };

/** A campaign that lacks nothing. */
function healthy(server: RehearsalServer = ral): Campaign {
  const campaign = new Campaign([choice(server)]);
  const home = temporaryDirectory();
  mkdirSync(join(home, 'cronjobs'));
  mkdirSync(join(home, 'certificates'));
  writeFileSync(join(home, 'certificates', 'test.pem'), grid.ca.cert);
  for (const program of ['consumer', 'monitor']) writeFileSync(join(home, 'cronjobs', `${program}.sh`), '');
  Object.assign(campaign.env, { HOME: home, X509_USER_PROXY: join(home, 'proxy'), PATH: `${home}:/usr/bin:/bin` });
  settings(campaign, server);
  proxy(campaign);
  crontab(campaign, CRONTAB);
  campaign.lfns('charm.list', ['/lhcb/a.dst']);
  return campaign;
}

const home = (campaign: Campaign): string => campaign.env['HOME'] ?? '';

function settings(
  campaign: Campaign,
  server: RehearsalServer,
  more: Record<string, Record<string, unknown>> = {},
): void {
  const fts = { ca_directory: join(home(campaign), 'certificates'), ...SETTINGS.fts };
  campaign.settings([choice(server)], { fts, ...more });
}

/** Gives it a proxy, by default one with VOMS attributes that end when it does. */
function proxy(campaign: Campaign, leaf = ofADay): void {
  writeFileSync(join(home(campaign), 'proxy'), leaf.cert + leaf.key + user.cert, { mode: 0o600 });
}

/** One whose VOMS attributes end after so many hours. */
function leafOf(vomsHours: number): Pair {
  return grid.proxy(user, USER_DN, 12345, vomsExtension(vomsHours));
}

function crontab(campaign: Campaign, text: string): void {
  writeFileSync(join(home(campaign), 'crontab'), `#!/bin/sh\ncat <<'EOF'\n${text}EOF\n`, { mode: 0o755 });
}

/** Runs before the program and changes its world: the clock, Node's version, a full disk. */
function preload(campaign: Campaign, script: string): void {
  campaign.env['NODE_OPTIONS'] = `--import data:text/javascript,${encodeURIComponent(script)}`;
}

const clockAheadBy = (seconds: number): string =>
  `const Real = Date; globalThis.Date = class extends Real {
     constructor(...a) { a.length === 0 ? super(Real.now() + ${seconds * 1000}) : super(...a); }
     static now() { return Real.now() + ${seconds * 1000}; } };`;

interface Examined {
  readonly findings: readonly Check[];
  readonly exit: number | null;
  readonly text: string;
}

/** Within this process, unless a preload is to change its world. */
async function examined(campaign: Campaign): Promise<Examined> {
  if (campaign.env['NODE_OPTIONS'] !== undefined) return started(campaign);
  const findings = await examine({ base: campaign.base }, campaign.env);
  return seen(findings, exitOf(findings));
}

async function started({ base, env }: Campaign): Promise<Examined> {
  const { exit, stdout, stderr } = await run('misc/doctor', { base, env, args: ['--json'] });
  assert.equal(stderr, '');
  return seen((JSON.parse(stdout) as { findings: Check[] }).findings, exit);
}

function seen(findings: readonly Check[], exit: number | null): Examined {
  return { findings, exit, text: findings.map(({ state, about, text }) => `${state} ${about} ${text}`).join('\n') };
}

test('of a healthy campaign every line is ok, and says what was seen', async () => {
  const campaign = healthy();
  const { findings, exit, text } = await started(campaign);
  assert.equal(exit, 0, text);
  assert.ok(
    findings.every(({ state }) => state === 'ok'),
    text,
  );
  for (const seen of [
    /ok node v\d+/,
    /ok settings .*1 route, 1 server/,
    /ok directories /,
    /ok file system one/,
    /ok space .* MB free/,
    /ok lease free/,
    /ok LFN lists .*srm:\/\/castor.*\/lhcb\/a\.dst → gsiftp:.*\/lhcb\/a\.dst/,
    /ok proxy \/DC=org.* 23 hours left/,
    /ok VOMS \/lhcb\/Role=production\/Capability=NULL, \/lhcb\/Role=NULL\/Capability=NULL, 23 hours left/,
    /ok CAs 1 CA in .*\/certificates \(by fts\.ca_directory\)/,
    new RegExp(`ok RAL https://127.*FTS REST 3\\..*takes us for ${USER_DN}, VO lhcb`),
    /ok clock within a minute of RAL/,
    /ok RAL nothing is delegated there yet/,
    /ok crontab /,
  ])
    assert.match(text, seen);
});

test('a storage that a person holds is said, and is no fault', async () => {
  const campaign = healthy();
  // Also one with a longer path than the route's prefix has.
  for (const match of [campaign.destination.replace(/\/lhcb.*/, ''), `${campaign.source}/lhcb`])
    addStorage(campaign, `match = "${match}"\nhold = true\nuntil = 2999-12-01T08:00Z`);
  const { exit, text } = await examined(campaign);
  assert.equal(exit, 0, text);
  assert.equal(text.match(/^ok storages .*its lists wait, held by the settings, until 2999-12-01T08:00/gm)?.length, 2);
});

test('a row of the campaign’s own reasons.tsv with which the monitor would end is found', async () => {
  const campaign = healthy();
  campaign.write('reasons.tsv', 'nonsense');
  const { exit, text } = await examined(campaign);
  assert.equal(exit, 2, text);
  assert.match(text, /^failed reasons .+reasons\.tsv:1: class "nonsense"/m);
});

test('a broken storage of which no list is left is said, and is no fault', async () => {
  const campaign = healthy();
  await campaign.run('producer', 0);
  leaveBroken(campaign);
  for (const name of campaign.lists('TODO')) campaign.move(`TODO/${name}`, `DONE/Okay/${name}`);
  const { text } = await examined(campaign);
  assert.match(
    text,
    /^ok storages srm:\S+ is broken since 2001-.*no list of it is in TODO or DOING, and the next one/m,
  );
});

const leaveBroken = (campaign: Campaign): void =>
  campaign.leave(
    "INSERT INTO storage (name, outcomes, broken_since, reason) VALUES (?, 'tttttttttt', 1000000000000, 'SOURCE timed out')",
    storageOf(campaign.source),
  );

interface Fault {
  readonly plant: (campaign: Campaign) => void | Promise<void>;
  readonly server?: RehearsalServer;
  /** The finding that names it. */
  readonly found: RegExp;
  readonly exit: number;
}

/** Adds to the settings. */
const addStorage = (campaign: Campaign, lines: string): void =>
  campaign.write('castor2echo.toml', `${campaign.read('castor2echo.toml')}\n[[storage]]\n${lines}\n`);

const FAULTS: Readonly<Record<string, Fault>> = {
  'a storage that is none of a route': {
    plant: (campaign) => addStorage(campaign, `match = "${campaign.source.replace(/\.org.*/, '.com')}"\nmax_doing = 2`),
    found:
      /^warning storages \[\[storage\]\] "srm:\/\/castor\d+\.example\.com": no route's source or destination begins so$/,
    exit: 3,
  },
  'a broken storage': {
    plant: async (campaign) => {
      await campaign.run('producer', 0);
      leaveBroken(campaign);
      campaign.put('TODO', listName(1));
    },
    found: /^failed storages srm:\/\/castor\d+\.example\.org is broken since 2001-.*such as "SOURCE timed out"/,
    exit: 3,
  },
  'an old Node': {
    plant: (campaign) => preload(campaign, "Object.defineProperty(process, 'version', { value: 'v18.20.4' })"),
    found: /^failed node v18\.20\.4 is too old/,
    exit: 2,
  },
  'no settings': {
    plant: (campaign) => rmSync(campaign.path('castor2echo.toml')),
    found: /^failed settings .*there is no /,
    exit: 2,
  },
  'a misspelt setting': {
    plant: (campaign) => settings(campaign, ral, { job: { retrys: 1 } }),
    found: /^failed settings .*:\d+: job\.retrys = 1: unknown setting \(did you mean "retry"/,
    exit: 2,
  },
  'an LFN list that no route fits': {
    plant: (campaign) =>
      campaign.write('castor2echo.toml', campaign.read('castor2echo.toml').replace('match = "*"', 'match = "*.txt"')),
    found: /^failed LFN lists no \[\[route\]\] matches TODO\/ListOfLFNs\/charm\.list/,
    exit: 2,
  },
  'a prefix that doubles the slash': {
    plant: (campaign) =>
      campaign.write('castor2echo.toml', campaign.read('castor2echo.toml').replace('SFN=/prod"', 'SFN=/prod/"')),
    found: /^warning LFN lists .*\/prod\/\/lhcb\/a\.dst has a double slash/,
    exit: 3,
  },
  'a list of something else than LFNs': {
    plant: (campaign) => campaign.write('TODO/ListOfLFNs/charm.list', 'name,size\n/lhcb/a.dst,7\n'),
    found: /^warning LFN lists .*charm\.list: line 1 is no LFN/,
    exit: 3,
  },
  'an empty LFN list': {
    plant: (campaign) => campaign.write('TODO/ListOfLFNs/charm.list', ''),
    found: /^warning LFN lists .*holds no LFN/,
    exit: 3,
  },
  'an LFN list that was changed where it is cut': {
    plant: async (campaign) => {
      await campaign.run('producer');
      campaign.write('TODO/ListOfLFNs/charm.list', '/lhcb/b.dst\n');
    },
    found: /^failed LFN lists .*charm\.list has other content than when it was read/,
    exit: 3,
  },
  'a missing directory': {
    plant: async (campaign) => {
      await campaign.run('producer');
      rmSync(campaign.path('DONE/Dirty'), { recursive: true });
    },
    found: /^failed directories .*DONE\/Dirty is missing/,
    exit: 4,
  },
  'a file where a directory should be': {
    plant: (campaign) => {
      rmSync(campaign.path('DOING'), { recursive: true });
      campaign.write('DOING.txt', '');
      symlinkSync(campaign.path('DOING.txt'), campaign.path('DOING'));
    },
    found: /^failed directories .*DOING is no directory/,
    exit: 4,
  },
  'a spool on two file systems': {
    plant: (campaign) => {
      const elsewhere = mkdtempSync('/dev/shm/castor2echo-');
      after(() => rmSync(elsewhere, { recursive: true }));
      rmSync(campaign.path('DONE/Bad'), { recursive: true });
      symlinkSync(elsewhere, campaign.path('DONE/Bad'));
    },
    found: /^failed file system DONE\/Bad is on another one/,
    exit: 4,
  },
  'a disk that is almost full': {
    plant: (campaign) =>
      preload(
        campaign,
        `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module'; const real = fs.statfsSync;
         fs.statfsSync = (path) => ({ ...real(path), bavail: 100, bsize: 4096 }); syncBuiltinESMExports();`,
      ),
    found: /^failed space 0 MB free/,
    exit: 4,
  },
  'a strange file in the spool': {
    plant: (campaign) => campaign.write('TODO/notes.md', 'remember'),
    found: /^warning spool left alone, no lists: TODO\/notes\.md/,
    exit: 3,
  },
  'a list that stands twice': {
    plant: async (campaign) => {
      await campaign.run('producer');
      for (const place of ['TODO', 'DOING']) campaign.put(place, listName(1));
    },
    found: /^failed spool in TODO and in DOING: FTSList-/,
    exit: 3,
  },
  'a lease held for too long': {
    plant: async (campaign) => {
      await acquireLease(campaign.base, {
        program: 'consumer',
        waitSeconds: 0,
        takeoverMinutes: 60,
        env: { C2E_HOST: 'elsewhere' },
      });
      age(campaign, 2 * 3600);
    },
    found: /^warning lease held by consumer on elsewhere, .*for 2 hours: longer/,
    exit: 3,
  },
  'programs that no longer run': {
    plant: async (campaign) => {
      await campaign.run('producer');
      age(campaign, 5 * 86_400);
    },
    found: /^warning lease free, and nothing has run for 5 days although lists wait/,
    exit: 3,
  },
  'a lost database': {
    plant: async (campaign) => {
      await campaign.run('producer');
      rmSync(campaign.path('sqlite_c2e.db'));
    },
    found: /^failed database .*missing although \.campaign is there/,
    exit: 4,
  },
  'a damaged database': {
    plant: async (campaign) => {
      await campaign.run('producer');
      const bytes = readFileSync(campaign.path('sqlite_c2e.db'));
      campaign.write('sqlite_c2e.db', bytes.fill(0x5a, 4096, 16_384));
    },
    found: /^failed database .*it is damaged/,
    exit: 4,
  },
  "another campaign's database": {
    plant: async (campaign) => {
      await campaign.run('producer');
      campaign.write('.campaign', '00000000-0000-4000-8000-000000000000\n');
    },
    found: /^failed database .*says 00000000-/,
    exit: 4,
  },
  'a move that was set aside': {
    plant: async (campaign) => {
      await campaign.run('producer');
      campaign.leave("INSERT INTO transition (list, steps, aside) VALUES ('L.txt', '[]', 'both are there')");
    },
    found: /^failed journal a move of list "L\.txt" was set aside: both are there/,
    exit: 3,
  },
  'no proxy': {
    plant: (campaign) => rmSync(join(home(campaign), 'proxy')),
    found: /^failed credential Cannot log in with the proxy .*there is no such file/,
    exit: 5,
  },
  'an expired proxy': {
    plant: (campaign) => preload(campaign, clockAheadBy(2 * 86_400)),
    found: /^failed credential .*expired at /,
    exit: 5,
  },
  'a proxy that is nearly out': {
    plant: (campaign) => preload(campaign, clockAheadBy(23.5 * 3600)),
    found: /^failed proxy .*minutes left: FTS wants an hour/,
    exit: 5,
  },
  'a proxy that others can read': {
    plant: (campaign) => chmodSync(join(home(campaign), 'proxy'), 0o644),
    found: /^failed credential .*others can read it/,
    exit: 5,
  },
  'VOMS attributes that end before the proxy': {
    plant: (campaign) => proxy(campaign, leafOf(0.5)),
    found: /^failed VOMS .*Role=production.* 29 minutes left/,
    exit: 5,
  },
  'VOMS attributes that end before the next run': {
    plant: async (campaign) => {
      await campaign.run('producer');
      proxy(campaign, leafOf(1.5));
      const before = Date.now() / 1000 - 48 * 3600;
      utimesSync(join(home(campaign), 'proxy'), before, before);
    },
    found: /^warning forecast The proxy with its VOMS attributes ".*" ends at .*, before the next run/,
    exit: 3,
  },
  'no CAs': {
    plant: (campaign) => rmSync(join(home(campaign), 'certificates', 'test.pem')),
    found: /^failed CAs .*there is no CA certificate/,
    exit: 5,
  },
  'an X509_CERT_DIR that is gone': {
    plant: (campaign) => {
      campaign.settings([choice(ral)], SETTINGS);
      campaign.env['X509_CERT_DIR'] = join(home(campaign), 'elsewhere');
    },
    found: /^failed CAs Cannot read the CAs in ".*\/elsewhere": ENOENT \(by X509_CERT_DIR\)/,
    exit: 5,
  },
  'a server of an unknown CA': {
    plant: (campaign) => writeFileSync(join(home(campaign), 'certificates', 'test.pem'), gridOf().ca.cert),
    found: /^failed RAL .*certificate is not trusted/,
    exit: 5,
  },
  'a server that is down': {
    plant: (campaign) => campaign.settings([{ name: 'RAL', endpoint: 'https://127.0.0.1:1' }], fts(campaign)),
    found: /^failed RAL .*the connection was refused/,
    exit: 5,
  },
  'one server of two that is down': {
    plant: (campaign) =>
      campaign.settings([choice(ral), { name: 'CERN', endpoint: 'https://127.0.0.1:1' }], fts(campaign)),
    found: /^failed CERN .*the connection was refused/,
    exit: 3,
  },
  'a server that is something else': {
    plant: async (campaign) => {
      const html = await rehearsalServer('RAL', {
        tls,
        faults: [{ name: 'html', does: 'html', status: 200, when: {} }],
      });
      settings(campaign, html);
    },
    found: /^failed RAL .*HTML where JSON should be/,
    exit: 5,
  },
  'a server that sees no VO': {
    plant: () => {},
    server: ofNoVo,
    found: /^warning RAL it sees no VO/,
    exit: 3,
  },
  'a credential of another VO than that of the open lists': {
    plant: async (campaign) => {
      await campaign.run('producer');
      await campaign.run('consumer');
      campaign.leave("UPDATE job SET vo = 'atlas'");
    },
    server: second,
    found: /^failed RAL jobs of ours there are of VO "atlas" \(1 list\), the credential is of VO "lhcb"/,
    exit: 5,
  },
  'lists at a server that has left the settings': {
    plant: async (campaign) => {
      await campaign.run('producer');
      await campaign.run('consumer');
      campaign.leave("UPDATE job SET endpoint = 'https://fts.example.org:8446'");
    },
    found: /^warning servers 1 list still at https:\/\/fts\.example\.org:8446/,
    exit: 3,
  },
  'a clock that is wrong': {
    plant: (campaign) => preload(campaign, clockAheadBy(600)),
    found: /^failed clock (59[89]|60\d) s ahead of RAL/,
    exit: 5,
  },
  'a clock that is a little wrong': {
    plant: (campaign) => preload(campaign, clockAheadBy(-90)),
    found: /^warning clock (8\d|9[0-5]) s behind RAL/,
    exit: 3,
  },
  'a crontab without the monitor': {
    plant: (campaign) => crontab(campaign, '17 * * * * $HOME/cronjobs/consumer.sh\n# 17 * * * * monitor.sh\n'),
    found: /^warning crontab does not start the monitor/,
    exit: 3,
  },
  'a crontab with a path that is gone': {
    plant: (campaign) => rmSync(join(home(campaign), 'cronjobs', 'monitor.sh')),
    found: /^failed crontab it starts .*\/cronjobs\/monitor\.sh, which is not there/,
    exit: 3,
  },
};

/** Root may write everything, so this one is planted in another way. */
const UNWRITABLE = 'a directory that this user may not write';

const fts = (campaign: Campaign) => ({ fts: { ca_directory: join(home(campaign), 'certificates'), ...SETTINGS.fts } });

/** As if the lease had been taken, or given back, so long ago. */
function age(campaign: Campaign, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  for (const file of ['.lease/000001/holder', '.lease/000001/released', '.lease/000001'])
    if (campaign.has(file)) utimesSync(campaign.path(file), then, then);
}

test('every planted fault is named in docs/WALKTHROUGH.md, and they are many', () => {
  const walk = readFileSync(new URL('../../docs/WALKTHROUGH.md', import.meta.url), 'utf8');
  const named = [...walk.matchAll(/^- (.*)$/gm)].map(([, fault]) => fault);
  assert.deepEqual(named, [...Object.keys(FAULTS), UNWRITABLE]);
  assert.ok(named.length >= 15);
});

describe('planted faults', { concurrency: 2 }, () => {
  for (const [name, fault] of Object.entries(FAULTS))
    test(`${name} is found, with the cure`, async () => {
      const campaign = healthy(fault.server);
      await fault.plant(campaign);
      const { findings, exit, text } = await examined(campaign);
      const found = findings.find(({ state, about, text }) => fault.found.test(`${state} ${about} ${text}`));
      assert.ok(found !== undefined && found.state !== 'ok' && found.cure !== '', text);
      assert.equal(exit, fault.exit, text);
    });
});

test(`${UNWRITABLE} is found`, async () => {
  const campaign = healthy();
  for (const directory of ['.', 'TODO/ListOfLFNs', 'DOING', 'DONE', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
    chmodSync(campaign.path(directory), 0o777);
  chmodSync(campaign.path('TODO'), 0o555);
  const module = new URL('../../dist/doctor/examineSpool.js', import.meta.url).href;
  const script = `const { examineDirectories } = await import(${JSON.stringify(module)});
    // Root may write everything, so the look is nobody's.
    if (process.getuid() === 0) process.setuid(65534);
    console.log(JSON.stringify(examineDirectories(${JSON.stringify(campaign.base)})));`;
  const file = join(temporaryDirectory(), 'look.mjs');
  writeFileSync(file, script);
  const { stdout, stderr } = await run(file, { base: campaign.base });
  const findings = JSON.parse(stdout || stderr) as Check[];
  assert.deepEqual(
    findings.filter(({ state }) => state === 'failed').map(({ text }) => text),
    [`${campaign.path('TODO')} cannot be written by this user`],
  );
});

test('doctor prints a line for each thing with its cure below, and nothing with --quiet when all is well', async () => {
  const campaign = healthy();
  const options = { base: campaign.base, env: campaign.env };
  assert.equal((await run('misc/doctor', { ...options, args: ['--quiet'] })).stdout, '');
  crontab(campaign, '');
  const { stdout, exit } = await run('misc/doctor', options);
  assert.equal(exit, 3);
  assert.match(stdout, /^warning {2}crontab {6}does not start the consumer and the monitor\n {20}→ copy the lines/m);
  assert.match(stdout, /^doctor: \d+ ok, 1 warning, 0 failed\n$/m);
  assert.equal((await run('misc/doctor', { ...options, args: ['--hurt'] })).exit, 2);
});

test('a base directory that is not there is said', async () => {
  const { exit, stdout } = await run('misc/doctor', { base: '/nowhere', env: { PATH: '/usr/bin:/bin' } });
  assert.equal(exit, 2);
  assert.match(stdout, /^failed {3}directories {2}\/nowhere is not there/m);
});

test('--json escapes what a terminal would obey', async () => {
  const campaign = new Campaign([{ name: 'RAL', endpoint: 'http://127.0.0.1:1' }]);
  campaign.lfns('odd\u009b\u202e.list', ['/lhcb/a']);
  campaign.write('TODO/odd\u009b2J.pdf', '');
  const { stdout } = await run('misc/doctor', { base: campaign.base, args: ['--json'] });
  assert.doesNotMatch(stdout.trimEnd(), /[\u0000-\u001f\u007f-\u009f\u202e]/);
  assert.ok((JSON.parse(stdout) as { findings: object[] }).findings.length > 5);
});
