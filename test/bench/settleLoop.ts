/**
 * settleLoop: the rival of the monitor: asks for the same jobs, parses the same JSON, and renames the same files.
 *
 *     node build/bench/settleLoop.js URL FROM TO BATCH
 *
 * Of each hundred jobs it GETs the states and then the files, as the monitor must; both directories are synced after
 * each batch. It compares nothing with the lists, and remembers nothing.
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync } from 'node:fs';
import { Pool } from 'undici';
import { jobIdOf } from './jobs.js';

const JOBS_PER_REQUEST = 100;
const [url = '', from = '', to = '', batch = '500'] = process.argv.slice(2);
const pool = new Pool(url, { connections: 1, pipelining: 1 });
const headers = { accept: 'application/json' };

async function get(path: string): Promise<readonly { readonly job_state: string }[]> {
  const answer = await pool.request({ method: 'GET', path, headers });
  return (await answer.body.json()) as { job_state: string }[];
}

function rename(names: readonly string[]): void {
  for (const name of names) renameSync(`${from}/${name}`, `${to}/${name}`);
  for (const directory of [to, from]) {
    const handle = openSync(directory, 'r');
    fsyncSync(handle);
    closeSync(handle);
  }
}

const names = readdirSync(from).sort();
const finished: string[] = [];
for (let first = 0; first < names.length; first += JOBS_PER_REQUEST) {
  const some = names.slice(first, first + JOBS_PER_REQUEST);
  const ids = some.map((_, at) => jobIdOf(first + at)).join(',');
  await get(`/jobs/${ids}`);
  const jobs = await get(`/jobs/${ids}?files=file_index,file_state,source_surl,dest_surl,reason,filesize,finish_time`);
  finished.push(...some.filter((_, at) => jobs[at]?.job_state === 'FINISHED'));
  if (finished.length >= Number(batch)) rename(finished.splice(0));
}
rename(finished);
await pool.close();
