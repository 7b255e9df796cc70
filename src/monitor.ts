#!/usr/bin/env node
/** monitor: the command. What it does with lists stands in monitor/; afterwards it writes what others read. */
import { monitor } from './monitor/monitor.js';
import { runProgram } from './run/frame.js';
import { monitorFileOptions, writeMonitorFiles, type MonitorFiles } from './status/monitorFiles.js';

type Options = Parameters<typeof monitor.main>[1] & MonitorFiles;

await runProgram<Options>({
  ...monitor,
  options: (command) => monitorFileOptions(monitor.options(command)),
  main: async (run, options, names) => {
    await monitor.main(run, options, names);
    await writeMonitorFiles(run, options);
  },
});
