/**
 * endpoint: which addresses of FTS3 servers are accepted, and what follows from one.
 *
 * A credential must never travel in the clear, so plain http is for loopback alone: rehearsals and tests.
 */
import { BadEndpoint } from './errors.js';

/**
 * The endpoint as scheme, host and port, without a slash at the end.
 * @throws BadEndpoint unless it is https://host[:port], or http:// on 127.0.0.0/8, ::1 or localhost
 */
export function checkedEndpoint(endpoint: string): string {
  if (!URL.canParse(endpoint)) throw bad(endpoint, 'it is no URL');
  const url = new URL(endpoint);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw bad(endpoint, `its scheme is ${url.protocol}//`);
  if (url.username !== '' || url.password !== '') throw bad('with a password', 'it must not hold a user or password');
  if (!/^\/*$/.test(url.pathname) || url.search !== '' || url.hash !== '') throw bad(endpoint, 'it has a path');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw bad(endpoint, 'plain http is accepted for the loopback address alone');
  }
  return url.origin;
}

/** http is only ever a loopback address, for rehearsals: no credential travels there, and none is needed. */
export const needsCredential = (endpoint: string): boolean => endpoint.startsWith('https:');

function bad(endpoint: string, why: string): BadEndpoint {
  return new BadEndpoint(`Cannot use the endpoint "${endpoint}": ${why}; write https://HOST:8446`);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * Where a person looks at a job with a browser: FTS's monitoring pages stand on port 8449 of the same host. Null where
 * there are none: a rehearsal server speaks http, and a job may have no id yet.
 */
export function monitoringLink(endpoint: string, jobId: string): string | null {
  if (!needsCredential(endpoint) || jobId === '') return null;
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : 'unknown';
  return `https://${host}:8449/fts3/ftsmon/#/job/${encodeURIComponent(jobId)}`;
}
