/**
 * metricsFile: writes the campaign's metrics where Prometheus' node exporter collects them.
 *
 * A file that cannot be written is a warning: the run's own work is done, and the time of the last run in the file
 * stands still, which is what an alert looks at.
 */
import * as fs from 'node:fs';
import { lastGoodIn, metricsText, type MetricsFacts } from '../core/metrics.js';
import type { StatusReport } from '../core/statusPage.js';
import { SpoolError } from '../errors.js';
import * as rows from '../ftsJob.js';
import { CredentialError, discoverCredential } from './fts3/index.js';
import type { Run } from './program.js';
import { publish } from './publish.js';

/** To be called when nothing else is left to be done: the file says how the run ends. */
export function writeMetrics(run: Run, file: string, report: StatusReport): void {
  if (run.dryRun) return run.summary.note(`would write metrics to ${file}`);
  const facts: MetricsFacts = {
    campaign: run.books.campaign,
    report,
    hourly: rows.hourly(run.books.db),
    credential: credentialOf(run),
    now: run.now(),
    exit: run.exit(),
    lastGood: lastGoodOf(file),
  };
  try {
    publish(file, metricsText(facts));
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    run.summary.warn(error.message);
  }
}

/** Of the file that is replaced: a run that is not good hands on when the last good one was. */
function lastGoodOf(file: string): number | null {
  try {
    return lastGoodIn(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** http:// is a rehearsal and needs none. */
function credentialOf(run: Run): MetricsFacts['credential'] {
  if (run.settings.servers.every(({ endpoint }) => endpoint.startsWith('http:'))) return null;
  const { auth } = run.settings.fts;
  try {
    const { kind, expires } = discoverCredential(process.env, { auth, uid: process.getuid?.() ?? 0, now: run.now() });
    // A token that does not say how long it lasts says nothing here either.
    if (expires === null) return null;
    const secondsLeft = (expires.getTime() - run.now().getTime()) / 1000;
    return { kind: kind === 'certificate' ? 'proxy' : 'token', secondsLeft };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { kind: auth === 'token' ? 'token' : 'proxy', secondsLeft: 0 };
  }
}
