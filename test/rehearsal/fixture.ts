/**
 * fixture: a server for one test, and the jobs that the tests submit.
 */
import type { TestContext } from 'node:test';

import type { RehearsalOptions, RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { ask, jobOf } from './asking.js';
import type { Job } from './asking.js';

/** A server that stops with the test. */
export async function serverFor(t: TestContext, options: Partial<RehearsalOptions> = {}): Promise<RehearsalServer> {
  const server = await startRehearsalServer({ name: 'RAL', seed: 1, ...options });
  t.after(() => server.stop());
  return server;
}

/** The body of a submission: one file for each pair. */
export function submission(pairs: readonly (readonly [string, string])[], params: object = {}): object {
  const files = pairs.map(([source, destination]) => ({ sources: [source], destinations: [destination] }));
  return { files, params: { overwrite: true, retry: -1, ...params } };
}

/** One transfer that copies for two seconds and finishes. */
export const GOOD = ['mock://src.example.org/f?size=7', 'mock://dst.example.org/f?size_post=7&time=2'] as const;

/** Submits one good transfer under this sid and returns the job id. */
export async function submit(server: RehearsalServer, sid: string, params: object = {}): Promise<string> {
  const body = submission([GOOD], { id_generator: 'deterministic', sid, ...params });
  return jobOf(await ask(server.url, 'POST', '/jobs', { body })).job_id;
}

export async function look(server: RehearsalServer, id: string): Promise<Job> {
  return jobOf(
    await ask(server.url, 'GET', `/jobs/${id}?files=file_state,reason,file_id,finish_time,recoverable,filesize`),
  );
}
