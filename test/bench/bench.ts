/**
 * bench: measures the programs against the targets of docs/PERFORMANCE.md.
 *
 *     npm run bench -- [--quick] [--only ROW]… [--scale] [--markdown] [--seed N] [--dir DIRECTORY]
 *
 * Makes its data (13 GB at full size, removed at the end), runs each row of the table in turn with its rival, and
 * prints medians, minima and maxima, the ratio and the target. `--quick` measures less in under three minutes, `--only`
 * some rows (idle, producer-one, producer-many, consumer, monitor-open, monitor-finished, done, dumps, take-over),
 * `--scale` how the cost grows instead of the table. Everything goes to bench-results.json too. Exit status 3 when a
 * target is not met, 2 for a wrong option.
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { consumerRow } from './consumerRow.js';
import type { Context, Rows } from './context.js';
import { hold } from './contest.js';
import { doneRows } from './doneRows.js';
import { dumpRows } from './dumpRows.js';
import { idleRows } from './idleRows.js';
import { monitorFinished, monitorOpen } from './monitorRows.js';
import { producerMany } from './producerMany.js';
import { producerOne } from './producerOne.js';
import { scale } from './scale.js';
import { takeOverRow } from './takeOverRow.js';
import { machine, markdown, text, type Result } from './report.js';

type Table = Readonly<Record<string, (context: Context) => Rows | Promise<Rows>>>;
const TABLE: Table = {
  idle: idleRows,
  'producer-one': producerOne,
  'producer-many': producerMany,
  consumer: consumerRow,
  'monitor-open': monitorOpen,
  'monitor-finished': monitorFinished,
  done: doneRows,
  dumps: dumpRows,
  'take-over': takeOverRow,
};
const SCALE: Table = { scale };
const RESULTS = fileURLToPath(new URL('../../bench-results.json', import.meta.url));
const GIGABYTES_NEEDED = { full: 26, quick: 2 };

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    scale: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    dir: { type: 'string', default: tmpdir() },
  },
});

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

async function measure(table: Table, context: Context): Promise<Result[]> {
  const results: Result[] = [];
  for (const [name, make] of Object.entries(table)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    tell(`${name}: making the data`);
    mkdirSync(context.directory, { recursive: true });
    const rows = await make(context);
    try {
      for (const contest of rows.contests) {
        const measurements = await hold(contest, tell);
        const result = { contest, measurements, checks: contest.judge(measurements) };
        results.push(result);
        process.stdout.write(text(result));
      }
    } finally {
      await rows.release?.();
      rmSync(context.directory, { recursive: true, force: true });
    }
  }
  return results;
}

function checkRoom(directory: string, quick: boolean): void {
  mkdirSync(directory, { recursive: true });
  const { bavail, bsize } = statfsSync(directory);
  const needed = quick ? GIGABYTES_NEEDED.quick : GIGABYTES_NEEDED.full;
  if (bavail * bsize < needed * 1e9)
    throw new Error(`Cannot measure in ${directory}: ${needed} GB are needed; name another directory with --dir`);
}

const unknown = options.only.find((name) => TABLE[name] === undefined);
if (unknown !== undefined) {
  tell(`Cannot measure "${unknown}": there is no such row; the rows are ${Object.keys(TABLE).join(', ')}`);
  process.exit(2);
}
const parent = resolve(options.dir);
checkRoom(parent, options.quick);
const directory = mkdtempSync(join(parent, 'castor2echo-bench-'));
// However it ends, also when it is interrupted.
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const about = machine();
const results = await measure(options.scale ? SCALE : TABLE, {
  directory,
  seed: Number(options.seed),
  quick: options.quick,
});
if (options.markdown) process.stdout.write(`\n${markdown(results)}`);
writeFileSync(RESULTS, `${JSON.stringify({ machine: about, quick: options.quick, results }, null, 1)}\n`);
if (results.some(({ checks }) => checks.some((check) => check.met === false))) process.exitCode = 3;
