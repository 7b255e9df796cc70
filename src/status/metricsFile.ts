/**
 * metricsFile: writes the campaign's metrics where Prometheus' node exporter collects them.
 *
 * Errors: `SpoolError` where the file cannot be written. Then the time of the last run in it stands still, which is
 * what an alert looks at.
 */
import * as fs from 'node:fs';
import { lastGoodIn, metricsText, type MetricsFacts } from './metrics.js';
import type { StatusReport } from './report.js';
import * as outcomeRows from '../database/outcomeRows.js';
import { CredentialError, discoverCredential } from '../fts3/index.js';
import type { Run } from '../run/program.js';
import { publish } from '../disk.js';

export function writeMetrics(run: Run, file: string, report: StatusReport): void {
  const facts: MetricsFacts = {
    campaign: run.campaign,
    report,
    hourly: outcomeRows.hourly(run.db),
    credential: credentialOf(run),
    now: run.now(),
    exit: run.exit(),
    lastGood: lastGoodOf(file),
  };
  publish(file, metricsText(facts));
}

/** When the last good run was, from the file that is replaced: a run that is not good hands that on. */
function lastGoodOf(file: string): number | null {
  try {
    return lastGoodIn(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** http:// is a rehearsal and needs none. */
function credentialOf(run: Run): MetricsFacts['credential'] {
  if (run.settings.fts.server.every(({ endpoint }) => endpoint.startsWith('http:'))) return null;
  const { auth } = run.settings.fts;
  try {
    const { kind, expires } = discoverCredential(run.env, { auth, uid: process.getuid?.() ?? 0, now: run.now() });
    // A token that does not say how long it lasts says nothing here either.
    if (expires === null) return null;
    const secondsLeft = (expires.getTime() - run.now().getTime()) / 1000;
    return { kind: kind === 'certificate' ? 'proxy' : 'token', secondsLeft };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { kind: auth === 'token' ? 'token' : 'proxy', secondsLeft: 0 };
  }
}
