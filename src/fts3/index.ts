/**
 * fts3: a client of FTS3's REST interface, with X.509 proxies and their delegation, or with bearer tokens.
 *
 *     client       what can be asked: whoami, submit, jobs, files by destination, the archive, cancel, delegation
 *     http         one request: credential, FTS's refusals, what may be repeated and after which pause
 *     transport    one exchange: TLS, connections, time-outs, and how far a request had come when it was lost
 *     credential   found where grid tools look (`discovery`), read and judged; `proxyCertificate` signs a delegation
 *     announced    what a server says of its version, and so does not know
 *     errors       what can go wrong, by the names of FTS's own client
 *
 * It knows nothing of lists, spools and settings: it could be a package. What others use of it stands here. Of a
 * submission that failed it says whether it may have arrived (`sent`) and whether FTS refused it (`answered`); the rest
 * is for its caller.
 */
export { type Announced, type Feature, knows, SINCE } from './announced.js';
export { readCaDirectory } from './caDirectory.js';
export { type Files, Fts3, type Fts3Options } from './client.js';
export { type CertificateCredential, type Credential, type TokenCredential } from './credential.js';
export { discoverCredential } from './discovery.js';
export { monitoringLink, needsCredential } from './endpoint.js';
export * from './errors.js';
export type {
  DestinationReport,
  FileStatus,
  Job,
  JobDescription,
  ListedJob,
  Lookup,
  UnfinishedFile,
  Whoami,
} from './job.js';
export { jobIdFor } from './jobId.js';
export { readStorageToken, type StorageToken } from './storageToken.js';
export { type VomsAttributes, vomsAttributes } from './vomsAttributes.js';
