/** report: the results as a table for a terminal, as Markdown, and as JSON. */
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Check, Contest, Measurements, Runs } from './contest.js';
import { megabytes, ratio, spreadInWords } from './figures.js';

export interface Result {
  readonly contest: Pick<Contest, 'name' | 'what'>;
  readonly measurements: Measurements;
  readonly checks: readonly Check[];
}

export interface Machine {
  readonly when: string;
  readonly node: string;
  readonly kernel: string;
  readonly cores: number;
  readonly memory: string;
  readonly load: string;
}

/** Where and when it is measured; `load` is the machine's before the benchmark began. */
export const machine = (): Machine => ({
  when: new Date().toISOString(),
  node: process.version,
  kernel: release(),
  cores: cpus().length,
  memory: megabytes(totalmem()),
  load: loadavg()[0]?.toFixed(1) ?? '',
});

export function text({ contest, measurements, checks }: Result): string {
  const lines = [`${contest.name}: ${contest.what}`];
  for (const runs of [measurements.subject, ...measurements.alongside, measurements.rival])
    if (runs !== null) lines.push(`  ${inOneLine(runs)}`);
  if (measurements.rival !== null) lines.push(`  ratio ${ratio(measurements).toFixed(2)} (rival ÷ program)`);
  for (const check of checks) lines.push(`  ${mark(check)} ${check.target}: ${check.value}`);
  return `${lines.join('\n')}\n`;
}

function inOneLine(runs: Runs): string {
  const parts = [
    `wall ${spreadInWords(runs, 'wallSeconds')}`,
    `CPU ${spreadInWords(runs, 'cpuSeconds')}`,
    `peak ${spreadInWords(runs, 'peakBytes')}`,
    ...Object.entries(runs.further).map(([what, value]) => `${what} ${value}`),
  ];
  return `${runs.label.padEnd(24)} ${parts.join(', ')}`;
}

export function markdown(results: readonly Result[]): string {
  const rows = results.map(({ contest, measurements, checks }) => {
    const { subject, rival } = measurements;
    return [
      contest.what,
      spreadInWords(subject, 'wallSeconds'),
      spreadInWords(subject, 'cpuSeconds'),
      spreadInWords(subject, 'peakBytes'),
      rival === null
        ? '–'
        : `${rival.label}: ${spreadInWords(rival, 'wallSeconds')}, CPU ${spreadInWords(rival, 'cpuSeconds')}`,
      rival === null ? '–' : ratio(measurements).toFixed(2),
      checks.map((check) => `${mark(check)} ${check.target}: ${check.value}`).join('<br>'),
    ];
  });
  const head = ['what', 'wall', 'CPU', 'peak', 'rival', 'ratio', 'target: measured'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

const mark = ({ met }: Check): string => (met === null ? '·' : met ? '✓' : '✗');
