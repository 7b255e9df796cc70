/**
 * hideSecrets: text without what in it opens a storage: signatures and tokens in the query strings of URLs, bearer
 * tokens, passwords before a host.
 *
 * Routes and lists may hold signed URLs, as FTS needs them; storages quote them in their reasons. Whatever is printed,
 * logged or put on a page goes through here. The names stay, so that one sees what kind of URL it is. Pure.
 */

/**
 * The parameters of S3 (both generations), Google, Alibaba, CloudFront, Azure's SAS, and what dCache, EOS, XRootD and
 * DAV doors take.
 */
const NAMES = [
  'X-Amz-(?:Signature|Credential|Security-Token)',
  'AWSAccessKeyId',
  'X-Goog-(?:Signature|Credential)',
  'GoogleAccessId',
  'OSSAccessKeyId',
  'security-token',
  'Key-Pair-Id',
  'Signature',
  'sig',
  'authz',
  'authorization',
  '(?:access|refresh|id|auth|bearer|xrd|cap)?[_.-]?token',
  '(?:client_)?secret(?:_?key)?',
  'api[_-]?key',
  'macaroon',
  'bearer',
  'passw(?:or)?d',
].join('|');

/** A parameter, also where its URL stands in another URL, in HTML or in JSON and its `&` and `=` are written otherwise. */
const PARAMETER = new RegExp(
  `([?&;,\\s]|%3F|%26|&amp;|\\\\u0026)(${NAMES})(=|%3D)(?:(?!%26|\\\\u0026)[^&\\s"'<>#\\\\;,)])+`,
  'gi',
);
/** RFC 6750; "Bearer%20" within a URL. */
const BEARER = /\b(Bearer)(\s+|%20|\+)[A-Za-z0-9._~+/-]{8,}=*/gi;
/** A JSON web token by itself: its header and its claims begin with `{"`. */
const JWT = /\beyJ[A-Za-z0-9_-]{6,}\.eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?/g;
/** `https://user:password@host/` */
const PASSWORD = /(:\/\/[^\s:/?#@"'<>]+):[^\s/?#@"'<>]+@/g;

/** Without any of these there is no secret in a text: hardly a line of the log has one. */
const MAY_HOLD_ONE = /[=@]|%3D|bearer|eyJ/i;

/** A reason of FTS or a storage, which may quote the token; it is kept in lists and rows. */
export const hideTokens = (text: string): string =>
  MAY_HOLD_ONE.test(text) ? text.replace(BEARER, '$1$2…').replace(JWT, '…') : text;

/** The text with "…" for each secret. JSON stays JSON, and a text without any stays the same. */
export function hideSecrets(text: string): string {
  if (!MAY_HOLD_ONE.test(text)) return text;
  return hideTokens(text.replace(PARAMETER, '$1$2$3…')).replace(PASSWORD, '$1:…@');
}
