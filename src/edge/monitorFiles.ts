/**
 * monitorFiles: what the monitor writes for others when its own work is done: metrics, and the page.
 *
 * Whatever goes wrong with either is a warning, and nothing that is found out for them counts as the run's own trouble.
 */
import { Summary } from '../core/summary.js';
import { UsageError } from '../errors.js';
import { gather } from './campaignStatus.js';
import { inputs, type Input } from './inputs.js';
import { LineCount } from './lineCount.js';
import { writeMetrics } from './metricsFile.js';
import type { Run } from './program.js';

export interface MonitorFiles {
  readonly metrics?: string;
  readonly report?: string;
}

export async function writeMonitorFiles(run: Run, { metrics, report: page }: MonitorFiles): Promise<void> {
  if (metrics === undefined && page === undefined) return;
  // What is wrong with the LFN lists is for the producer to say.
  const quiet: Run = { ...run, summary: new Summary(run.summary.program, run.dryRun) };
  const { report } = await gather(run, await readable(quiet), new LineCount());
  if (metrics !== undefined) writeMetrics(run, metrics, report);
}

async function readable(run: Run): Promise<Input[]> {
  try {
    return await inputs(run);
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
}
