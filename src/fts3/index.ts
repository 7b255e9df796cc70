/**
 * fts3: a client of FTS3's REST interface, with X.509 proxies and their delegation, or with bearer tokens.
 *
 * It knows nothing of lists, spools and settings. What others use of it stands here.
 */
export { readCaDirectory } from './caDirectory.js';
export { Fts3, type Fts3Options } from './client.js';
export { type CertificateCredential, type Credential, type TokenCredential } from './credential.js';
export { discoverCredential } from './discovery.js';
export { monitoringLink } from './endpoint.js';
export * from './errors.js';
export type { FileStatus, Job, JobDescription, Lookup, Whoami } from './job.js';
export { jobIdFor } from './jobId.js';
export { type VomsAttributes, vomsAttributes } from './vomsAttributes.js';
