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
import type * as CaDirectory from './caDirectory.js';
import type * as Discovery from './discovery.js';
import type * as StorageTokenModule from './storageToken.js';
import type * as VomsAttributesModule from './vomsAttributes.js';

export { type Announced, type Feature, knows, SINCE } from './announced.js';
export { type Files, Fts3, type Fts3Options } from './client.js';
export { type CertificateCredential, type Credential, type TokenCredential } from './credential.js';
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
export type { StorageToken } from './storageToken.js';
export type { VomsAttributes } from './vomsAttributes.js';

// What reads CAs, credentials and tokens is loaded with the first of them: servers on loopback ask for none, and half
// of the runs have nobody to show one to.
export const readCaDirectory: typeof CaDirectory.readCaDirectory = (...given) =>
  (require('./caDirectory.js') as typeof CaDirectory).readCaDirectory(...given);
export const discoverCredential: typeof Discovery.discoverCredential = (...given) =>
  (require('./discovery.js') as typeof Discovery).discoverCredential(...given);
export const readStorageToken: typeof StorageTokenModule.readStorageToken = (...given) =>
  (require('./storageToken.js') as typeof StorageTokenModule).readStorageToken(...given);
export const vomsAttributes: typeof VomsAttributesModule.vomsAttributes = (...given) =>
  (require('./vomsAttributes.js') as typeof VomsAttributesModule).vomsAttributes(...given);
