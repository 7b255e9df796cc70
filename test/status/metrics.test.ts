import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lastGoodIn, metricsText, type MetricsFacts } from '../../dist/status/metrics.js';

const server = (name: string, endpoint: string, delegationSecondsLeft: number | null) => ({
  name,
  endpoint,
  reachable: delegationSecondsLeft !== null,
  openJobs: 2,
  delegationSecondsLeft,
});

const FACTS: MetricsFacts = {
  campaign: 'c1',
  report: {
    transfers: { toCut: 5, todo: 4, doing: 3, okay: 2, bad: 1 },
    lists: { todo: 1, doing: 1, okay: 1, bad: 1 },
    servers: [server('RAL', 'https://ral:8446', 7200), server('CERN', 'https://cern:8446', null)],
    storages: [
      {
        storage: 'srm://a',
        finished: 12,
        failed: 38,
        state: 'broken',
        since: null,
        until: null,
        why: 'x',
        isIdle: false,
      },
      {
        storage: 'srm://b',
        finished: 50,
        failed: 0,
        state: 'open',
        since: null,
        until: null,
        why: null,
        isIdle: false,
      },
      {
        storage: 'srm://c',
        finished: 1,
        failed: 49,
        state: 'broken',
        since: null,
        until: null,
        why: 'x',
        isIdle: true,
      },
    ],
    failures: [
      { class: 'transient', meaning: 'a', count: 2 },
      { class: 'transient', meaning: 'b', count: 3 },
    ],
    eta: null,
    forecast: null,
    tokensWanted: [],
    newerServersWanted: [],
    tape: [],
  },
  hourly: [
    { hour: 0, outcome: 'finished', transfers: 2, bytes: 100 },
    { hour: 3_600_000, outcome: 'finished', transfers: 1, bytes: 11 },
    { hour: 0, outcome: 'transient', transfers: 5, bytes: 0 },
  ],
  credential: { kind: 'proxy', secondsLeft: 3600.7 },
  now: new Date('2026-05-04T12:00:00.900Z'),
  exit: 0,
  lastGood: 17,
};

/** The value of a series; the campaign's label is left out of its name. */
function valueOf(text: string, series: string): string | undefined {
  const lines = text.replaceAll('campaign="c1",', '').replaceAll('{campaign="c1"}', '').split('\n');
  return lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
}

test('transfers by place, failures by class, jobs by server and the times that are left', () => {
  const text = metricsText(FACTS);
  const expected: Record<string, string | undefined> = {
    'castor2echo_transfers{place="to_cut"}': '5',
    'castor2echo_transfers{place="bad"}': '1',
    'castor2echo_failures_total{class="transient"}': '5',
    'castor2echo_failures_total{class="auth"}': '0',
    castor2echo_finished_transfers_total: '3',
    castor2echo_finished_bytes_total: '111',
    'castor2echo_open_jobs{server="RAL",endpoint="https://ral:8446"}': '2',
    'castor2echo_server_up{server="CERN",endpoint="https://cern:8446"}': '0',
    'castor2echo_delegation_remaining_seconds{server="RAL",endpoint="https://ral:8446"}': '7200',
    'castor2echo_delegation_remaining_seconds{server="CERN",endpoint="https://cern:8446"}': undefined,
    'castor2echo_storage_up{storage="srm://a"}': '0',
    'castor2echo_storage_up{storage="srm://b"}': '1',
    'castor2echo_storage_up{storage="srm://c"}': undefined,
    'castor2echo_storage_last_transfers{storage="srm://a",outcome="failed"}': '38',
    'castor2echo_credential_remaining_seconds{kind="proxy"}': '3600',
    castor2echo_last_run_exit_status: '0',
    castor2echo_last_success_timestamp_seconds: String(Date.parse('2026-05-04T12:00:00Z') / 1000),
  };
  for (const [series, value] of Object.entries(expected)) assert.equal(valueOf(text, series), value, series);
});

test('each metric has its HELP and TYPE once, before its samples; what only grows is a counter named _total', () => {
  const seen = new Set<string>();
  let [name, type, last] = ['', '', ''];
  for (const line of metricsText(FACTS).trimEnd().split('\n')) {
    const [, kind, said = ''] = /^# (HELP|TYPE) (\S+) /.exec(line) ?? [];
    if (kind === 'HELP') {
      assert.ok(!seen.has(said), `${said} twice`);
      seen.add((name = said));
    } else if (kind === 'TYPE') {
      assert.match(last, new RegExp(`^# HELP ${name} \\S`));
      type = line.split(' ')[3] ?? '';
      assert.equal(type === 'counter', name.endsWith('_total'), name);
    } else assert.match(line, new RegExp(`^${name}\\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\\} \\d+$`));
    last = line;
  }
  assert.ok(seen.size > 5);
});

test('no series stands there twice, even when two servers have one name', () => {
  const servers = [server('RAL', 'https://old:8446', 1), server('RAL', 'https://new:8446', 1)];
  const lines = metricsText({ ...FACTS, report: { ...FACTS.report, servers } }).split('\n');
  const series = lines.filter((line) => line !== '').map((line) => (line.startsWith('#') ? line : line.split('} ')[0]));
  assert.equal(new Set(series).size, series.length);
});

test('quotes, backslashes and newlines in a label do not end it', () => {
  const servers = [server('a"b\\c\nd', 'https://ral:8446', 1)];
  const text = metricsText({ ...FACTS, report: { ...FACTS.report, servers } });
  assert.ok(text.includes('server="a\\"b\\\\c\\nd",'));
});

test('a run that is not good hands on when the last good one was', () => {
  const good = metricsText(FACTS);
  const time = lastGoodIn(good);
  assert.equal(time, Math.floor(FACTS.now.getTime() / 1000));
  const later = { ...FACTS, now: new Date('2026-05-04T14:00:00Z'), exit: 3, lastGood: time };
  assert.equal(lastGoodIn(metricsText(later)), time);
  assert.equal(valueOf(metricsText(later), 'castor2echo_last_run_exit_status'), '3');
  // Never a good run yet: no sample is better than a date in 1970.
  assert.equal(lastGoodIn(metricsText({ ...later, lastGood: null })), null);
  assert.equal(lastGoodIn('rubbish'), null);
});
