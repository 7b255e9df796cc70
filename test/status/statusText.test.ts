/**
 * statusText: a page of 80 columns, whatever the names and numbers are.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';

import type { Paint } from '../../dist/text/terminal.js';
import { statusPage } from '../../dist/status/statusText.js';
import { etaOf, type FullReport } from '../../dist/status/report.js';

const NOW = new Date('2018-04-12T10:00:00Z');
const transfers = { toCut: 0, todo: 0, doing: 0, okay: 0, bad: 0 };

const QUEUE = {
  transfers: 2100,
  lists: 105,
  oldest: null,
  perDay: 240,
  ends: new Date('2018-04-21T04:00:00Z'),
  nextRun: new Date('2018-04-12T12:00:00Z'),
};

describe('etaOf', () => {
  const CASES: [string, Partial<FullReport['transfers']>, number, string | null][] = [
    [
      'what is to be cut, waits or is under way, at the pace',
      { toCut: 300, todo: 100, doing: 80 },
      240,
      '2018-04-14T10:00:00Z',
    ],
    ['nothing is left', { okay: 7, bad: 1 }, 240, null],
    ['nothing goes on', { toCut: 10 }, 0, null],
    ['beyond the calendar', { toCut: 1e15 }, 1, null],
  ];
  for (const [name, some, perDay, expected] of CASES)
    test(name, () => assert.equal(etaOf({ ...transfers, ...some }, perDay, NOW), expected));
});

test('no line but a name or a link is wider than 80 columns, and none holds a control character', () => {
  const text = fc.string({ unit: 'binary', maxLength: 120 });
  const long = fc.array(fc.string({ maxLength: 30 }), { maxLength: 20 }).map((words) => words.join(' '));
  const count = fc.nat({ max: 99_999_999 });
  const iso = fc.constantFrom('2018-04-12T10:00:00.000Z', '2018-04-11T09:00:00.000Z');
  const server = fc.record({
    name: text,
    endpoint: text,
    reachable: fc.boolean(),
    openJobs: count,
    delegationSecondsLeft: fc.option(count),
  });
  const failure = fc.record({
    class: fc.constantFrom('auth', 'config', 'permanent', 'transient', 'other'),
    meaning: long,
    count,
    firstSeen: iso,
    lastSeen: iso,
    lfn: fc.constant(`/lhcb/LFN/${'x'.repeat(100)}`),
    reason: long,
    list: text,
    server: text,
    jobId: text,
    link: fc.constantFrom(null, `https://LINK.example.org/${'x'.repeat(90)}`),
    cure: long,
  });
  const credential = fc.record({
    kind: fc.constantFrom('proxy' as const, 'storage token' as const, 'delegation' as const),
    title: long,
    file: fc.option(long),
    ends: fc.option(fc.constant(new Date('2018-04-12T11:00:00Z'))),
    isUsable: fc.boolean(),
    since: fc.constant(null),
    isRenewed: fc.boolean(),
    isInUse: fc.boolean(),
    labels: fc.constant({}),
    endsBefore: fc.constantFrom(null, 'next run' as const, 'queue' as const),
    left: fc.option(fc.record({ lists: count, transfers: count })),
  });
  const time = fc.constantFrom(null, '2026-11-23T13:00:00.000Z');
  const state = fc.constantFrom('STAGING' as const, 'ARCHIVING' as const);
  const anything = fc.record({
    tape: fc.array(fc.record({ state, lists: count, begun: count, since: time, until: time }), { maxLength: 2 }),
    transfers: fc.record({ toCut: count, todo: count, doing: count, okay: count, bad: count }),
    lists: fc.record({ todo: count, doing: count, okay: count, bad: count }),
    servers: fc.array(server, { maxLength: 3 }),
    storages: fc.array(
      fc.record({
        storage: text,
        finished: count,
        failed: count,
        state: fc.constantFrom('open' as const, 'broken' as const, 'held' as const),
        since: fc.option(iso),
        until: fc.option(iso),
        why: fc.option(long),
        isIdle: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
    failures: fc.array(failure, { maxLength: 12 }),
    eta: fc.constantFrom(null, '2018-04-14T10:00:00Z'),
    forecast: fc.option(fc.record({ queue: fc.constant(QUEUE), credentials: fc.array(credential, { maxLength: 4 }) })),
    tokensWanted: fc.array(fc.record({ route: text, lists: count, why: long }), { maxLength: 2 }),
    newerServersWanted: fc.array(fc.record({ route: fc.option(text), lists: count, why: long }), { maxLength: 2 }),
    bytes: fc.nat(),
    rates: fc.array(fc.record({ hours: fc.constantFrom(1, 6, 24), finished: count, failed: count, bytes: count })),
    pace: fc.option(fc.record({ perDay: count, basis: fc.constantFrom('cut' as const, 'finished' as const) })),
    jobStates: fc.array(fc.record({ state: fc.option(text), lists: count }), { maxLength: 4 }),
    answersMissing: count,
    held: fc.record({ lists: fc.nat(), until: fc.constantFrom(null, '2026-11-23T13:00:00.000Z') }),
    oldest: fc.option(
      fc.record({ list: text, since: fc.option(iso), server: fc.option(text), state: fc.option(text), next: long }),
    ),
  });
  fc.assert(
    fc.property(anything, text, fc.nat(1000), (report, base, perDay) => {
      const whyNot = new Map(report.servers.map(({ endpoint }) => [endpoint, base]));
      for (const line of statusPage(report, { base, now: NOW, perDay, whyNot }).split('\n')) {
        assert.ok(line.length <= 80 || /LFN|LINK|^ {2}job /.test(line), line);
        assert.doesNotMatch(line, /[\x00-\x1f\x7f]/);
      }
    }),
  );
});

const CAMPAIGN: FullReport = {
  transfers: { toCut: 1600, todo: 400, doing: 100, okay: 3000, bad: 12 },
  lists: { todo: 20, doing: 5, okay: 150, bad: 4 },
  servers: [
    { name: 'RAL', endpoint: 'https://ral:8446', reachable: true, openJobs: 3, delegationSecondsLeft: 183_900 },
    { name: 'CERN', endpoint: 'https://cern:8446', reachable: false, openJobs: 1, delegationSecondsLeft: null },
  ],
  storages: [
    {
      storage: 'gsiftp://echo.example.org',
      finished: 12,
      failed: 38,
      state: 'broken',
      since: '2018-04-12T08:30:00.000Z',
      until: null,
      why: 'most of its transfers fail (30 of the last 50 by auth, config or time-outs), such as "DESTINATION [110] timed out"; ask its operators',
      isIdle: false,
    },
    {
      storage: 'srm://castor.example.org',
      finished: 50,
      failed: 0,
      state: 'open',
      since: null,
      until: null,
      why: null,
      isIdle: false,
    },
  ],
  failures: [
    {
      class: 'permanent',
      meaning: 'the source file is missing',
      count: 12,
      firstSeen: '2018-04-10T08:00:01.000Z',
      lastSeen: '2018-04-12T09:17:00.000Z',
      lfn: '/lhcb/a.dst',
      reason: 'SOURCE [2] No such file or directory',
      list: 'FTSList-20180412-070000-0001.txt',
      server: 'RAL',
      jobId: 'j1',
      link: 'https://ral:8449/fts3/ftsmon/#/job/j1',
      cure: 'tell the owner',
    },
    {
      class: 'auth',
      meaning: 'the mapping is gone',
      count: 2,
      firstSeen: '2018-04-12T08:00:01.000Z',
      lastSeen: '2018-04-12T08:00:01.000Z',
      lfn: '/lhcb/b.dst',
      reason: '',
      list: 'FTSList-20180412-070000-0001.txt',
      server: 'gfal-stat',
      jobId: '',
      link: null,
      cure: 'mend it',
    },
  ],
  eta: '2018-04-21T04:00:00Z',
  forecast: null,
  tokensWanted: [],
  newerServersWanted: [],
  bytes: 61_500_000_000_000,
  rates: [
    { hours: 6, finished: 120, failed: 4, bytes: 3_200_000_000 },
    { hours: 24, finished: 240, failed: 4, bytes: 0 },
  ],
  pace: { perDay: 238.6, basis: 'finished' },
  jobStates: [
    { state: 'ACTIVE', lists: 3 },
    { state: null, lists: 2 },
  ],
  tape: [],
  answersMissing: 1,
  held: { lists: 0, until: null },
  oldest: {
    list: 'FTSList-20180412-070000-0001.txt',
    since: '2018-04-12T07:00:00.000Z',
    server: 'RAL',
    state: 'ACTIVE',
    next: 'FTS goes on with it (rule 4, ACTIVE); the monitor looks again in each run. Failures: 0 of 3.',
  },
};
const FACTS = {
  base: '/data/campaign',
  now: NOW,
  perDay: 240,
  whyNot: new Map([['https://cern:8446', 'Cannot log in: the connection was refused']]),
};

test('the page of a campaign under way', () => {
  assert.equal(
    statusPage(CAMPAIGN, FACTS),
    [
      'campaign in /data/campaign',
      '                transfers      lists',
      '  to cut            1,600',
      '  TODO                400         20   1 with a lost answer',
      '  DOING               100          5   3 ACTIVE, 2 not looked at',
      '  DONE/Okay         3,000        150   61.5 TB have arrived',
      '  DONE/Bad             12          4',
      '  [#############################.....................] 58 % of 5,112',
      '  last 6 hours: 120 finished (20 an hour), 3.2 GB; 4 failed',
      '  last 24 hours: 240 finished (10 an hour); 4 failed',
      '  about 1,600 LFNs remain: 7 days at the present pace (240 a day)',
      '  all is done by 2018-04-21, if it goes on as in the last 7 days: 239 transfers',
      '  finished a day',
      'the oldest list in DOING',
      '  FTSList-20180412-070000-0001.txt',
      '  There for 3 hours (since 2018-04-12 07:00 UTC). At RAL, ACTIVE. FTS goes on',
      '  with it (rule 4, ACTIVE); the monitor looks again in each run. Failures: 0 of',
      '  3.',
      'servers',
      '  RAL      https://ral:8446',
      '           answers, 3 open jobs, delegated for 2 d 3 h',
      '  CERN     https://cern:8446',
      '           not usable, 1 open job',
      '             Cannot log in: the connection was refused',
      'storages, by how their last transfers ended',
      '  gsiftp://echo.example.org',
      '           broken since 2018-04-12 08:30 UTC, 12 transfers finished, 38 failed',
      '             most of its transfers fail (30 of the last 50 by auth, config or',
      '             time-outs), such as "DESTINATION [110] timed out"; ask its',
      '             operators',
      '  srm://castor.example.org',
      '           open, 50 transfers finished, 0 failed',
      'failures so far, and what to do',
      'auth: mend it',
      '     2 × the mapping is gone',
      '  first 2018-04-12 08:00, last 2018-04-12 08:00 UTC at gfal-stat:',
      '  /lhcb/b.dst',
      'permanent: tell the owner',
      '    12 × the source file is missing',
      '  first 2018-04-10 08:00, last 2018-04-12 09:17 UTC at RAL:',
      '  /lhcb/a.dst',
      '  SOURCE [2] No such file or directory',
      '  https://ral:8449/fts3/ftsmon/#/job/j1',
    ].join('\n'),
  );
});

test('a page in colours is the same page', () => {
  const coloured: Paint = (colour, text) => `<${colour}>${text}</${colour}>`;
  const page = statusPage(CAMPAIGN, FACTS, coloured);
  assert.match(page, /^<bold>campaign in .*<\/bold>$/m);
  assert.match(page, /^<red> +not usable, 1 open job<\/red>$/m);
  assert.equal(page.replaceAll(/<\/?(bold|dim|red|green|yellow)>/g, ''), statusPage(CAMPAIGN, FACTS));
});

test('of many meanings of a class the most frequent are shown', () => {
  const [failure] = CAMPAIGN.failures;
  const failures = Array.from({ length: 6 }, (_, n) => ({ ...(failure ?? assert.fail()), meaning: `m${n}` }));
  const page = statusPage({ ...CAMPAIGN, failures }, FACTS);
  assert.match(page, / m3\n/);
  assert.doesNotMatch(page, / m4\n/);
  assert.match(page, /\n {2}and 2 more such reasons: node dist\/status\.js --json$/);
});
