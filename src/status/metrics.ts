/**
 * metrics: a campaign in Prometheus' text format, for the textfile collector of the node exporter.
 *
 * Names and units follow Prometheus' conventions: base units, `_total` for what only grows, HELP and TYPE for each.
 * Cron starts a new process for each run, so nothing here is counted by the process: all of it comes from the database
 * and the spool. Times left are those of the moment at which the file was written. Pure.
 */
import { needsPerson } from '../rules/forecast.js';
import type { Hourly } from '../rules/hourly.js';
import type { StatusReport } from './report.js';

export interface MetricsFacts {
  /** The campaign's UUID: a machine may write the files of several campaigns. */
  readonly campaign: string;
  readonly report: StatusReport;
  readonly hourly: readonly Hourly[];
  /** The proxy or token; null where none is needed, 0 where it is missing or not valid. */
  readonly credential: { readonly kind: 'proxy' | 'token'; readonly secondsLeft: number } | null;
  readonly now: Date;
  /** What this run ends with. */
  readonly exit: number;
  /** In seconds since 1970, the last run before this one that ended with 0; null where none is known. */
  readonly lastGood: number | null;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];
interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}

const LAST_GOOD = 'castor2echo_last_success_timestamp_seconds';
/** A class without failures is there too, with 0: a rate needs a first value. */
const CLASSES = ['permanent', 'transient', 'auth', 'config'];

export function metricsText(facts: MetricsFacts): string {
  const { campaign } = facts;
  return [...ofCampaign(facts), ...ofServers(facts), ...ofStorages(facts), ...ofCredentials(facts), ...ofRun(facts)]
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(([labels, value]) => `${name}${inBraces({ campaign, ...labels })} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** The time of the last good run in metrics written before, in seconds since 1970; null where there is none. */
export function lastGoodIn(text: string): number | null {
  const [, value] = new RegExp(`^${LAST_GOOD}(?:\\{.*\\})? (\\d+(?:\\.\\d+)?)$`, 'm').exec(text) ?? [];
  return value === undefined ? null : Number(value);
}

function ofCampaign({ report, hourly }: MetricsFacts): Metric[] {
  const { toCut, todo, doing, okay, bad } = report.transfers;
  const places = { to_cut: toCut, todo, doing, okay, bad };
  const classes = new Map(CLASSES.map((name) => [name, 0]));
  for (const { class: name, count } of report.failures) classes.set(name, (classes.get(name) ?? 0) + count);
  const finished = hourly.filter(({ outcome }) => outcome === 'finished');
  const sum = (of: 'transfers' | 'bytes'): Sample => [{}, finished.reduce((total, row) => total + row[of], 0)];
  return [
    gauge(
      'castor2echo_transfers',
      'Transfers by place: LFNs to cut, and lines of the lists in TODO, DOING, DONE/Okay and DONE/Bad.',
      Object.entries(places).map(([place, value]) => [{ place }, value]),
    ),
    counter('castor2echo_finished_transfers_total', 'Transfers that FTS finished.', [sum('transfers')]),
    counter('castor2echo_finished_bytes_total', 'Bytes of finished transfers, as far as sizes are known.', [
      sum('bytes'),
    ]),
    counter(
      'castor2echo_failures_total',
      'Failed transfers by class of the reason, each time that one failed.',
      [...classes].map(([name, count]) => [{ class: name }, count]),
    ),
  ];
}

function ofServers({ report }: MetricsFacts): Metric[] {
  // Two servers of one name would be one series twice, and the whole file would be refused: the endpoint tells them apart.
  const labels = ({ name, endpoint }: { name: string; endpoint: string }): Labels => ({ server: name, endpoint });
  return [
    gauge(
      'castor2echo_server_up',
      'Whether the FTS server answers and accepts us.',
      report.servers.map((server) => [labels(server), server.reachable ? 1 : 0]),
    ),
    gauge(
      'castor2echo_open_jobs',
      'Jobs that are not final yet, by FTS server.',
      report.servers.map((server) => [labels(server), server.openJobs]),
    ),
    gauge(
      'castor2echo_delegation_remaining_seconds',
      'Time left of the credential delegated to the FTS server; absent where none is needed or the server is silent.',
      report.servers.flatMap((server): Sample[] =>
        server.delegationSecondsLeft === null ? [] : [[labels(server), server.delegationSecondsLeft]],
      ),
    ),
  ];
}

function ofCredentials({ report: { eta, forecast, tokensWanted } }: MetricsFacts): Metric[] {
  const credentials = forecast?.credentials ?? [];
  const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);
  return [
    gauge(
      'castor2echo_credential_expires_timestamp_seconds',
      'When the proxy (with its VOMS attributes), a token or what is delegated ends; 0 where it cannot be used.',
      credentials.flatMap(({ labels, ends, isUsable }): Sample[] =>
        ends === null && isUsable ? [] : [[labels, ends === null ? 0 : seconds(ends)]],
      ),
    ),
    gauge(
      'castor2echo_credential_too_short',
      'Whether it ends too early: 1 a warning, mostly before the queue; 2 before the next run, for a person.',
      credentials.map((each) => [each.labels, each.endsBefore === null ? 0 : needsPerson(each) ? 2 : 1]),
    ),
    gauge(
      'castor2echo_queue_ends_timestamp_seconds',
      'When all that is to be done will have ended, at the pace of the last days.',
      eta === null ? [] : [[{}, seconds(new Date(eta))]],
    ),
    gauge(
      'castor2echo_lists_waiting_for_tokens',
      'Lists in TODO that wait for other tokens of their route.',
      tokensWanted.map(({ route, lists }) => [{ route }, lists]),
    ),
  ];
}

function ofStorages({ report: { storages } }: MetricsFacts): Metric[] {
  return [
    gauge(
      'castor2echo_storage_up',
      'Whether the lists of the storage go; 0 where most of its last transfers failed by its fault, or a person holds it; absent where it is broken and has no list.',
      // Nobody can do anything about it, and nothing waits: an alert on 0 is to end.
      storages.filter(({ isIdle }) => !isIdle).map(({ storage, state }) => [{ storage }, state === 'open' ? 1 : 0]),
    ),
    gauge(
      'castor2echo_storage_last_transfers',
      'How the last transfers from and to the storage ended, 50 at most.',
      storages.flatMap(({ storage, finished, failed }): Sample[] => [
        [{ storage, outcome: 'finished' }, finished],
        [{ storage, outcome: 'failed' }, failed],
      ]),
    ),
  ];
}

function ofRun({ credential, now, exit, lastGood }: MetricsFacts): Metric[] {
  const seconds = Math.floor(now.getTime() / 1000);
  const good = exit === 0 ? seconds : lastGood;
  return [
    gauge(
      'castor2echo_credential_remaining_seconds',
      'Time left of the proxy (with its VOMS attributes) or token with which the programs log in; 0 where it is missing or not valid.',
      credential === null ? [] : [[{ kind: credential.kind }, Math.max(0, Math.floor(credential.secondsLeft))]],
    ),
    gauge('castor2echo_last_run_timestamp_seconds', 'When the monitor last wrote this file.', [[{}, seconds]]),
    gauge('castor2echo_last_run_exit_status', 'Exit status of that run: 0, 3 a person is needed, 5 no FTS server.', [
      [{}, exit],
    ]),
    gauge(LAST_GOOD, 'When a run of the monitor last ended with 0.', good === null ? [] : [[{}, good]]),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: 'gauge',
  help,
  samples,
});
const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: 'counter',
  help,
  samples,
});

/** The text format knows three escapes within a label's value: backslash, quote and newline. */
const escapeLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const inBraces = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',')}}`;
