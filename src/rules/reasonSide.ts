/**
 * reasonSide: which end of a transfer a reason speaks of.
 *
 * FTS writes `SCOPE [errno] text`, and gfal2 begins the text with a phase. "File not found" is a lost file at the
 * source and a missing directory at the destination, so the scope is read before the text. In the scope TRANSFER the
 * phase says more, or a mark at the end; and who refuses what to whom: one *gets* from a source and *puts* to a
 * destination. (Scopes and phases: fts3 `UrlCopyProcess`, gfal2 `GFALT_ERROR_…`; the marks: gfal2's xrootd and http
 * plugins.)
 */
const SIDES = ['source', 'destination', 'staging', 'archiving', 'unknown'] as const;
export type Side = (typeof SIDES)[number];

/** Signs in the order in which they are asked. */
const SIGNS: readonly (readonly [sign: RegExp, side: Side])[] = [
  // An archive time-out is also written under the scope of the destination.
  [/^\s*ARCHIVING\b|\barchive[- ]timeout\b/i, 'archiving'],
  [/^\s*STAGING\b/, 'staging'],
  [/^\s*SOURCE\b/, 'source'],
  [/^\s*DESTINATION\b/, 'destination'],
  [/^\s*(?:TRANSFER )?(?:\[\d+\] )?\s*(?:DESTINATION|MAKE_PARENT|OVERWRITE|SRM_PUT_TURL)\b/, 'destination'],
  [/^\s*(?:TRANSFER )?(?:\[\d+\] )?\s*(?:SOURCE|SRM_GET_TURL)\b/, 'source'],
  [/\(destination\)\W*$/, 'destination'],
  [/\(source\)\W*$/, 'source'],
  [/\b(?:MAKE_PARENT|SRM_PUT_TURL|PrepareToPut|PutDone|StatusOfPutRequest|Mkdir|MKCOL)\b/i, 'destination'],
  [/\b(?:SRM_GET_TURL|PrepareToGet|StatusOfGetRequest|ReleaseFiles)\b/i, 'source'],
  [/\brejected (?:PUT|HEAD)\b/i, 'destination'],
  [/\brejected GET\b/i, 'source'],
  [/\b3rd push\b[^(]{0,200}\bremote side\b/i, 'destination'],
  [/\b3rd pull\b[^(]{0,200}\bremote side\b/i, 'source'],
  // The destination's server fetches the file itself, and wraps what the source has answered.
  [/error: \[3005\] \[ERROR\] Server responded with an error/, 'source'],
];

/** The side that the reason speaks of; `unknown` where it does not say. */
export const sideOf = (reason: string): Side => SIGNS.find(([sign]) => sign.test(reason))?.[1] ?? 'unknown';

const NO_CHECKSUM =
  /checksum (?:calculation|algorithm|type).{0,40}not supported|not support.{0,20}checksum|unsupported checksum/i;

/** Which end cannot compute a checksum of the kind that is asked for; null: the reason does not speak of that. */
export function sideWithoutChecksum(reason: string): 'source' | 'destination' | null {
  if (!NO_CHECKSUM.test(reason)) return null;
  return sideOf(reason) === 'destination' ? 'destination' : 'source';
}

/** The headings of a table of reasons, and for which sides the rows below them are. Staging reads the source. */
export const SECTIONS = new Map<string, readonly Side[]>([
  ['any', SIDES],
  ['source', ['source', 'staging']],
  ['destination', ['destination']],
  ['staging', ['staging']],
  ['archiving', ['archiving']],
]);

/** An HTTP status that is not written `HTTP 404`: `rejected PUT: 507`, `status code: 404`, `HTTP/1.1 403`. */
const OTHER_STATUS =
  /\b(?:rejected [A-Z]{3,8}|(?:status|response|error) code|HTTP status|HTTP\/[\d.]{1,3}|status)[:= ]{1,3}(\d{3})\b/i;

/** The reason with its HTTP status in the one form that the patterns know. */
export function withHttpStatus(reason: string): string {
  const status = OTHER_STATUS.exec(reason)?.[1];
  return status === undefined ? reason : `${reason} HTTP ${status}`;
}
