/**
 * monitorFiles: the monitor as its command starts it, with what it writes for others when its own work is done:
 * metrics, and the page.
 *
 * A file that cannot be written is a warning: the lists have moved, and the time in a file that stands still says it.
 *
 * What gathers and writes is imported when a file is wanted: it is a quarter of the time that the monitor takes to
 * load.
 */
import type { Command } from 'commander';
import { SpoolError } from '../errors.js';
import { monitor } from '../monitor/program.js';
import type { Program, Run } from '../run/program.js';

interface MonitorFiles {
  readonly metrics?: string;
  readonly report?: string;
}

type Options = Parameters<typeof monitor.main>[1] & MonitorFiles;

export const monitorWithFiles: Program<Options> = {
  ...monitor,
  options: (command: Command) =>
    monitor
      .options(command)
      .option('--metrics <file>', "write metrics there for Prometheus' textfile collector (a name that ends in .prom)")
      .option('--report <file>', 'write a page there, as misc/report.js does'),
  main: async (run, options, names) => {
    await monitor.main(run, options, names);
    await writeMonitorFiles(run, options);
  },
};

/** To be called when nothing else is left to be done: the metrics say how the run ends. */
async function writeMonitorFiles(run: Run, { metrics, report: page }: MonitorFiles): Promise<void> {
  if (metrics === undefined && page === undefined) return;
  if (run.dryRun) {
    for (const file of [metrics, page]) if (file !== undefined) run.summary.note(`would write ${file}`);
    return;
  }
  const [{ gatherQuietly }, { writePage }, { writeMetrics }] = await Promise.all([
    import('./campaignStatus.js'),
    import('./htmlFile.js'),
    import('./metricsFile.js'),
  ]);
  const gathered = await gatherQuietly(run);
  if (page !== undefined) orWarn(run, () => writePage(run, page, gathered));
  if (metrics !== undefined) orWarn(run, () => writeMetrics(run, metrics, gathered.report));
}

function orWarn(run: Run, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    run.summary.warn(error.message);
  }
}
