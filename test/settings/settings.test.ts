import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { loadSettings } from '../../dist/settings/settings.js';
import { liesIn } from '../../dist/settings/storage.js';
import { UsageError } from '../../dist/errors.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const FILE = join(temporaryDirectory(), 'castor2echo.toml');
const ROUTE = '[[route]]\nmatch = "*"\nsource = "srm://s/p"\ndestination = "gsiftp://d/p"\n';
const SERVER = '[[fts.server]]\nname = "RAL"\nendpoint = "https://fts.example.org:8446"\n';
const SOUND = ROUTE + SERVER;

function load(toml: string | Buffer) {
  writeFileSync(FILE, toml);
  return loadSettings(FILE, {});
}

/** The problems that are said of this file, without the file's name. */
function problems(toml: string): string[] {
  try {
    load(toml);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message.split('\n').map((line) => line.replace(`${FILE}:`, ''));
  }
  return [];
}

/** What is said of one line put behind a sound file, without its number. */
const problem = (table: string, line: string) =>
  problems(`${SOUND}[${table}]\n${line}\n`).map((said) => said.replace(/^9: /, ''));

const WRONG: readonly [table: string, line: string, said: string][] = [
  ['producer', 'lfns_per_list = 0', 'producer.lfns_per_list = 0: must be a whole number from 1 to 20000'],
  ['producer', 'lfns_per_list = "20"', 'producer.lfns_per_list = "20": must be a whole number from 1 to 20000'],
  ['producer', 'lists_per_run = 1.5', 'producer.lists_per_run = 1.5: must be a whole number from 1 to 10000'],
  [
    'producer',
    'lfn_lists = []',
    'producer.lfn_lists = []: must be a list of patterns for files, like ["TODO/ListOfLFNs/*"]',
  ],
  [
    'producer',
    'lfn_lists = "a"',
    'producer.lfn_lists = "a": must be a list of patterns for files, like ["TODO/ListOfLFNs/*"]',
  ],
  ['consumer', 'concurrency = 0', 'consumer.concurrency = 0: must be a whole number from 1 to 32'],
  ['consumer', 'concurrency = nan', 'consumer.concurrency = nan: must be a whole number from 1 to 32'],
  ['consumer', 'concurency = 1', 'consumer.concurency = 1: unknown setting (did you mean "concurrency"?)'],
  ['monitor', 'canceled = "ignore"', 'monitor.canceled = "ignore": must be "report" or "retry"'],
  ['monitor', 'permanent_at_once = "yes"', 'monitor.permanent_at_once = "yes": must be true or false'],
  ['job', 'retrys = 3', 'job.retrys = 3: unknown setting (did you mean "retry"?)'],
  ['job', 'lfns_per_lst = 3', 'job.lfns_per_lst = 3: unknown setting (did you mean "lfns_per_list" in [producer]?)'],
  ['job', 'zzz = "\\u001b[2J"', 'job.zzz = "\\u001b[2J": unknown setting'],
  ['job', '"a\\u001bb" = 1', '8: job.a\\x1bb = 1: unknown setting'],
  ['job', '__proto__ = 1', 'job.__proto__ = 1: unknown setting'],
  ['job', 'constructor = 1', 'job.constructor = 1: unknown setting'],
  ['job', 'retry = -2', 'job.retry = -2: must be a whole number from -1 to 100'],
  ['job', 'priority = 6', 'job.priority = 6: must be a whole number from 1 to 5'],
  ['job', 'overwrite = 1', 'job.overwrite = 1: must be true or false'],
  [
    'job',
    'verify_checksum = "targt"',
    'job.verify_checksum = "targt": must be true, false, "both", "source", "target" or "none"',
  ],
  [
    'job',
    'max_time_in_queue = "soon"',
    'job.max_time_in_queue = "soon": must be hours as a whole number from 1 to 8760, or a time like "30m" or "2d"',
  ],
  [
    'job',
    'job_metadata = "x"',
    'job.job_metadata = "x": must be a table of at most 1500 characters as FTS writes it (as JSON, with six for each letter beyond ASCII)',
  ],
  [
    'job',
    `job_metadata = { x = "${'日'.repeat(260)}" }`,
    'job.job_metadata: must be a table of at most 1500 characters as FTS writes it (as JSON, with six for each letter beyond ASCII)',
  ],
  ['job', 'activity = " "', 'job.activity = " ": must be a text of 1 to 255 characters, all of them Latin-1'],
  [
    'job',
    `activity = "${'x'.repeat(300)}"`,
    `job.activity = "${'x'.repeat(59)}…: must be a text of 1 to 255 characters, all of them Latin-1`,
  ],
  [
    'job',
    'ipv4 = true\nipv6 = true',
    '10: job.ipv6 = true: must not be true beside job.ipv4, of which alone FTS would take notice',
  ],
  [
    'job',
    'overwrite = false\nstrict_copy = true',
    '10: job.strict_copy = true: must not be true beside job.overwrite = false: FTS would overwrite what is at the destination without a look',
  ],
  ['lock', 'takeover_minutes = 50', 'lock.takeover_minutes = 50: must be more than lock.max_run_minutes (50)'],
  ['locks', 'takeover_minutes = 90', '8: locks: unknown setting (did you mean "lock"?)'],
];
for (const [table, line, said] of WRONG) {
  test(`a wrong setting is refused: ${said.slice(0, 80)}`, () => assert.deepEqual(problem(table, line), [said]));
}

const WRONG_STORAGES: readonly [lines: string, said: string][] = [
  ['max_doing = 2', '8: storage.match: must be given'],
  [
    'match = "gridftp.echo.stfc.ac.uk"',
    '9: storage.match = "gridftp.echo.stfc.ac.uk": must be the beginning of URLs with the whole host and no *, like "gsiftp://gridftp.echo.stfc.ac.uk"',
  ],
  [
    'match = "srm://*.stfc.ac.uk"',
    '9: storage.match = "srm://*.stfc.ac.uk": must be the beginning of URLs with the whole host and no *, like "gsiftp://gridftp.echo.stfc.ac.uk"',
  ],
  ['match = "srm://s"\nmax_doing = 0', '10: storage.max_doing = 0: must be a whole number from 1 to 1000000'],
  ['match = "srm://s"\nhold = "yes"', '10: storage.hold = "yes": must be true or false'],
  [
    'match = "srm://s"\nhold = true\nuntil = 2026-12-01T08:00:00',
    '11: storage.until = "2026-12-01T08:00:00.000": must be a time with its zone, like 2026-12-01T08:00Z (without quotes)',
  ],
  [
    'match = "srm://s"\nhold = true\nuntil = "2026-12-01T08:00Z"',
    '11: storage.until = "2026-12-01T08:00Z": must be a time with its zone, like 2026-12-01T08:00Z (without quotes)',
  ],
  [
    'match = "srm://s"\nuntil = 2026-12-01T08:00Z',
    '10: storage.until = "2026-12-01T08:00:00.000Z": needs hold = true beside it: until then the lists of that storage wait',
  ],
  [
    'match = "srm://s/a"\nmax_doing = 2\n[[storage]]\nmatch = "srm://me@S/a"\nhold = true',
    '12: storage.match = "srm://me@S/a": must differ from the match of the other [[storage]] "srm://s/a": put what both say into one of them',
  ],
  ['match = "srm://s"\nmax_dong = 2', '10: storage.max_dong = 2: unknown setting (did you mean "max_doing"?)'],
];
for (const [lines, said] of WRONG_STORAGES) {
  test(`a wrong [[storage]] is refused: ${said.slice(0, 80)}`, () =>
    assert.deepEqual(problems(`${SOUND}[[storage]]\n${lines}\n`), [said]));
}

test('a storage is known by the beginning of URLs, its host compared whole and in any case', () => {
  const there = (match: string, url: string) => liesIn({ match }, url);
  assert.ok(there('gsiftp://Echo.example.org', 'GSIFTP://echo.example.org/lhcb:prod/f'));
  assert.ok(there('srm://castor.example.org', 'srm://castor.example.org:8443/srm?SFN=/f'));
  assert.ok(there('srm://castor.example.org:8443/srm?SFN=/prod', 'srm://castor.example.org:8443/srm?SFN=/prod/f'));
  assert.ok(there('sftp://host.example.org/a', 'sftp://User@host.example.org/a/f'), 'whoever logs in');
  assert.ok(there('sftp://user@host.example.org', 'sftp://host.example.org/a/f'));
  assert.ok(!there('srm://castor.example.org:84', 'srm://castor.example.org:8443/srm?SFN=/f'));
  assert.ok(!there('gsiftp://echo.example.org', 'gsiftp://echo.example.org.uk/f'));
  assert.ok(!there('gsiftp://echo.example.org', 'root://echo.example.org/f'));
  assert.ok(!there('gsiftp://echo.example.org/Prod', 'gsiftp://echo.example.org/prod/f'));
});

test('a suggestion from another table names it, and one from the same table wins', () => {
  const [said] = problems(`[fts]\nretrys = 3\n${SOUND}`);
  assert.equal(said, '2: fts.retrys = 3: unknown setting (did you mean "retry" in [job]?)');
});

test('the delegation must be renewed before it ends', () => {
  assert.deepEqual(problems(`[fts]\ndelegation_hours = 10\n${SOUND}`), [
    '1: fts.delegation_renew_hours = 24: must be less than fts.delegation_hours (10)',
  ]);
});

const ENDPOINT = 'must be a URL like "https://fts3.cern.ch:8446" (http:// for a loopback address only)';
for (const endpoint of [
  'fts.example.org:8446',
  'fts.example.org',
  'http://fts.example.org:8446',
  'http://127.0.0.1.example.org',
  'http://localhost.example.org',
  'https://user@fts.example.org',
  'https://fts.example.org/path',
  'https://fts.example.org?x=1',
  'https://fts.example.org:99999',
  'ftp://fts.example.org',
  'https://',
  '',
]) {
  test(`"${endpoint}" is no endpoint`, () => {
    assert.deepEqual(problems(`${ROUTE}[[fts.server]]\nname = "A"\nendpoint = "${endpoint}"\n`), [
      `7: fts.server.endpoint = "${endpoint}": ${ENDPOINT}`,
    ]);
  });
}
for (const [endpoint, taken] of [
  ['https://fts.example.org:8446/', 'https://fts.example.org:8446'],
  ['https://FTS.example.org:443', 'https://fts.example.org'],
  ['https://[2001:db8::1]:8446', 'https://[2001:db8::1]:8446'],
  ['http://127.0.0.1:1', 'http://127.0.0.1:1'],
  ['http://[::1]:1/', 'http://[::1]:1'],
] as const) {
  test(`"${endpoint}" is the endpoint ${taken}`, () => {
    const { fts } = load(`${ROUTE}[[fts.server]]\nname = "A"\nendpoint = "${endpoint}"\n`);
    assert.equal(fts.server[0]?.endpoint, taken);
  });
}

test('names and endpoints of servers must differ, and one must have a weight', () => {
  const toml = `${ROUTE}${SERVER}weight = 0\n${SERVER.replace('.org:8446', '.ORG:8446/')}weight = 0\n`;
  assert.deepEqual(problems(toml), [
    '8: fts.server.weight = 0: must be above 0 for one server at least',
    '10: fts.server.name = "RAL": must differ from the names of the other servers',
    '11: fts.server.endpoint = "https://fts.example.ORG:8446/": must differ from the endpoints of the other servers',
  ]);
});

const PREFIX =
  'must be the beginning of a URL, like "gsiftp://host.example.org/lhcb:prod" (the LFN is appended as it is)';
test('a route needs a pattern and two storages that differ', () => {
  assert.deepEqual(problems(`[[route]]\nmatch = "a/*"\nsource = "file:///data"\ndestination = "host:/x"\n${SERVER}`), [
    '2: route.match = "a/*": must be a pattern for the base names of LFN lists, like "*USER*" (without a slash)',
    `3: route.source = "file:///data": ${PREFIX}`,
    `4: route.destination = "host:/x": ${PREFIX}`,
  ]);
  assert.deepEqual(problems(`${SERVER}[[route]]\nmatch = "*"\n`), [
    '4: route.source: must be given',
    '4: route.destination: must be given',
  ]);
  assert.deepEqual(problems(ROUTE.replace('gsiftp://d', 'SRM://s') + SERVER), [
    '4: route.destination = "SRM://s/p": must differ from the source',
  ]);
});

test('what a route has of its own is checked as the rest is', () => {
  const route = (...lines: readonly string[]): string[] =>
    problems(`${SERVER}${ROUTE}${lines.join('\n')}\n`).map((line) => line.replace(/^\d+: /, ''));
  const title = 'name = "tape"';
  assert.deepEqual(
    route(title, 'rewrite = [["^/a(.*)$", "$1"]]', 'max_doing = 2', 'servers = ["RAL"]', 'job = { retry = 2 }'),
    [],
  );
  assert.deepEqual(route('job = { retry = 2 }'), [
    'route.match = "*": needs a name beside it, as its lists say by which route they were cut',
  ]);
  assert.deepEqual(route('name = "a b"'), [
    'route.name = "a b": must be a name of 1 to 32 letters, digits, dots, dashes and underscores',
  ]);
  assert.match(route('rewrite = [["(", "x"]]').join(), /rewrite = .*must be pairs of a regular expression/);
  assert.match(route('rewrite = [["a"]]').join(), /must be pairs of a regular expression/);
  assert.deepEqual(route(title, 'servers = ["CERN"]'), [
    'route.servers = ["CERN"]: names "CERN", which is the name of no [[fts.server]]',
    'route.servers = ["CERN"]: must name one server at least whose weight is above 0',
  ]);
  const same = (...lines: readonly string[]): string[] =>
    problems(`${SERVER}${ROUTE.replace('gsiftp://d', 'srm://s')}${lines.join('\n')}\n`).map((line) =>
      line.slice(line.indexOf(' ') + 1),
    );
  assert.deepEqual(same(title, 'stage_only = true', 'job = { bring_online = 60 }'), []);
  assert.deepEqual(same(title, 'stage_only = true'), [
    'route.stage_only = true: needs job.bring_online above 0, the seconds that reading from tape may take',
  ]);
  assert.deepEqual(route(title, 'stage_only = true', 'job = { bring_online = 60 }'), [
    'route.stage_only = true: needs a destination that is the source, without rewrite: nothing is copied',
  ]);
  assert.deepEqual(route(title, 'job = { retrys = 2 }'), [
    'route.job.retrys = 2: unknown setting (did you mean "retry"?)',
  ]);
  assert.match(route(title, 'job = { strict_copy = true, overwrite = false }').join(), /FTS would overwrite/);
  assert.deepEqual(
    problems(`${SERVER}${ROUTE}${title}\n${ROUTE}${title}\n`).map((line) => line.slice(line.indexOf(' '))),
    [' route.name = "tape": must differ from the names of the other routes'],
  );
});

test('tokens of storages are refused where FTS would refuse them, or would take them for something else', () => {
  const both = 'name = "dcache"\nsource_token_file = "/a"\ndestination_token_file = "/b"';
  const said = (lines: string, more = ''): string[] => problems(`${SERVER}${ROUTE}${lines}\n${more}`);
  assert.deepEqual(said(both), []);
  assert.deepEqual(said(both, '[fts]\nauth = "token"\n[job]\nbring_online = -1\n'), []);
  assert.deepEqual(said('name = "dcache"\nsource_token_file = "/a"'), [
    '9: route.source_token_file = "/a": needs destination_token_file beside it: FTS takes tokens of both storages or of none',
  ]);
  assert.deepEqual(said('source_token_file = "/a"\ndestination_token_file = "~/b"'), [
    '5: route.match = "*": needs a name beside it, as its lists say by which route they were cut',
    '9: route.destination_token_file = "~/b": "~" is not expanded here: write the whole path',
  ]);
  assert.deepEqual(said(both, '[fts]\nauth = "proxy"\n'), [
    '9: route.source_token_file = "/a": must not stand beside fts.auth = "proxy": FTS takes tokens of storages only from who logs in with a token',
  ]);
  for (const key of ['bring_online', 'copy_pin_lifetime', 'archive_timeout']) {
    const why = `must not stand beside ${key} = 60: FTS takes no tokens for tape`;
    assert.deepEqual(said(both, `[job]\n${key} = 60\n`), [`9: route.source_token_file = "/a": ${why}`]);
    assert.deepEqual(said(`${both}\njob = { ${key} = 60 }`), [`9: route.source_token_file = "/a": ${why}`]);
    assert.deepEqual(said('', `[fts]\nauth = "token"\n[job]\n${key} = 60\n`), [
      `12: job.${key} = 60: must not stand beside fts.auth = "token": FTS takes no tokens for tape`,
    ]);
  }
});

test('without routes and servers nothing can be done, and the example is named', () => {
  assert.deepEqual(problems(''), [
    ' no [[route]] is given; castor2echo.example.toml shows how',
    ' no [[fts.server]] is given; castor2echo.example.toml shows how',
  ]);
});

test('tables in the wrong form are refused', () => {
  assert.deepEqual(problems(`producer = 3\nroute = "x"\n${SERVER}`), [
    '1: producer = 3: must be a table',
    '2: route = "x": must be tables, each under [[route]]',
  ]);
  assert.deepEqual(problems(`${ROUTE}[fts.server]\nname = "A"\n`), [
    '5: fts.server: must be tables, each under [[fts.server]]',
  ]);
});

test('everything that is wrong is said at once, in the order of the file', () => {
  const toml = `[job]\npriority = 9\nretrys = 1\n${SOUND}[lock]\nmax_run_minutes = 0\n`;
  assert.deepEqual(problems(toml), [
    '2: job.priority = 9: must be a whole number from 1 to 5',
    '3: job.retrys = 1: unknown setting (did you mean "retry"?)',
    '12: lock.max_run_minutes = 0: must be a whole number from 1 to 1440',
  ]);
});

test('a file that is no TOML is refused with the place', () => {
  assert.deepEqual(problems('[job]\noverwrite = treu\n'), ['2: not TOML at column 13: invalid value']);
  assert.throws(() => parse('a = 1\na = 2\n'));
  assert.match(problems('a = 1\na = 2\n')[0] ?? '', /^2: not TOML at column \d+: \S/);
});

test('a file that is not UTF-8 is refused', () => {
  assert.throws(
    () => load(Buffer.from([0x23, 0xff])),
    new UsageError(`Cannot read the settings: ${FILE} is not UTF-8`),
  );
});

test('a missing file is an error that points to the example', () => {
  const file = join(temporaryDirectory(), 'none.toml');
  const cure = 'start from a copy of castor2echo.example.toml, or name another file with --config';
  assert.throws(() => loadSettings(file, {}), new UsageError(`Cannot read the settings: there is no ${file}; ${cure}`));
  const directory = temporaryDirectory();
  assert.throws(
    () => loadSettings(directory, {}),
    new UsageError(`Cannot read the settings: ${directory}: EISDIR; ${cure}`),
  );
});

test('the CAs are where the file says, else where X509_CERT_DIR says, else where the grid has them', () => {
  const said = `${SOUND}[fts]\nca_directory = "/said"\n`;
  const CASES = [
    [said, { X509_CERT_DIR: '/env' }, '/said', 'fts.ca_directory'],
    [SOUND, { X509_CERT_DIR: '/env' }, '/env', 'X509_CERT_DIR'],
    [SOUND, { X509_CERT_DIR: '' }, '/etc/grid-security/certificates', 'default'],
    [SOUND, {}, '/etc/grid-security/certificates', 'default'],
  ] as const;
  for (const [toml, env, directory, from] of CASES) {
    writeFileSync(FILE, toml);
    const { caDirectory, caDirectoryFrom } = loadSettings(FILE, env).fts;
    assert.deepEqual([caDirectory, caDirectoryFrom], [directory, from]);
  }
});
