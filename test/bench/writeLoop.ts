/**
 * writeLoop: the rival of the producer: drafts, fsyncs and renames files, and nothing else.
 *
 *     node build/bench/writeLoop.js DIRECTORY COUNT BYTES
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';

const [directory = '', count = '0', bytes = '0'] = process.argv.slice(2);
const content = 'x'.repeat(Number(bytes));
mkdirSync(directory, { recursive: true });
for (let number = 0; number < Number(count); number++) {
  const name = `FTSList-${String(number).padStart(20, '0')}.txt`;
  const file = openSync(`${directory}/.${name}.draft`, 'wx', 0o640);
  writeFileSync(file, content);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${directory}/.${name}.draft`, `${directory}/${name}`);
}
