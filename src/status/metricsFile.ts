/**
 * metricsFile: writes the campaign's metrics where Prometheus' node exporter collects them.
 *
 * Errors: `SpoolError` where the file cannot be written. Then the time of the last run in it stands still, which is
 * what an alert looks at.
 */
import fs from 'node:fs';
import { lastGoodIn, metricsText, type MetricsFacts } from './metrics.js';
import type { StatusReport } from './report.js';
import * as outcomeRows from '../database/outcomeRows.js';
import type { Run } from '../run/program.js';
import { credentialLives } from '../servers/credentials.js';
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
    // To read a named pipe would wait for a writer, for ever.
    if (!fs.statSync(file).isFile()) return null;
    return lastGoodIn(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** What we log in with; null: nothing is needed, or it does not say how long it lasts. */
function credentialOf(run: Run): MetricsFacts['credential'] {
  for (const { kind, ends } of credentialLives(run))
    if (kind !== 'storage token')
      return ends === Infinity ? null : { kind, secondsLeft: (ends - run.now().getTime()) / 1000 };
  return null;
}
