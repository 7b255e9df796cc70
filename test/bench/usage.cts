/**
 * usage: preloaded into a Node process (`--require`), writes at its exit what it has used: JSON of CPU seconds and peak bytes,
 * into the file that `BENCH_USAGE` names.
 *
 * The peak is VmHWM where there is a /proc: `maxRSS` of a child begins with the peak of the process that started it.
 */
process.once('exit', () => {
  const fs = process.getBuiltinModule('node:fs');
  const file = process.env['BENCH_USAGE'];
  if (file === undefined) return;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const own = fs.existsSync('/proc/self/status')
    ? /^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))
    : null;
  const peakBytes = Number(own?.[1] ?? maxRSS) * 1024;
  fs.writeFileSync(file, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes }));
});
