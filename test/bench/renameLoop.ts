/**
 * renameLoop: the rival of the monitor: renames all files of a directory into another, and fsyncs both after each batch.
 *
 *     node build/bench/renameLoop.js FROM TO BATCH
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync } from 'node:fs';

const [from = '', to = '', batch = '100'] = process.argv.slice(2);
const names = readdirSync(from);
for (let first = 0; first < names.length; first += Number(batch)) {
  for (const name of names.slice(first, first + Number(batch))) renameSync(`${from}/${name}`, `${to}/${name}`);
  for (const directory of [to, from]) {
    const handle = openSync(directory, 'r');
    fsyncSync(handle);
    closeSync(handle);
  }
}
