/**
 * lost: which error it is when a request gets no answer, or not the whole of one.
 *
 * The transport reports the code of undici, Node or OpenSSL, and whether the request had been begun on an established
 * connection. Whatever the code, a begun request may have arrived.
 */
import { BadEndpoint, type FtsError, ServerError, TooLarge, TryAgain, Unauthorized } from './errors.js';

/** An exchange that came to no end. */
export class Lost extends Error {
  override name = 'Lost';
  readonly code: string;
  readonly sent: boolean;

  constructor(code: string, sent: boolean, cause?: unknown) {
    super(code, { cause });
    this.code = code;
    this.sent = sent;
  }
}

/** Codes that this transport itself gives. */
export const TIMED_OUT = 'TIMED_OUT';
export const TOO_LARGE = 'TOO_LARGE';

const SAID: ReadonlyMap<string, string> = new Map([
  [TIMED_OUT, 'it gave no whole answer in time'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it could not be connected to in time'],
  ['ETIMEDOUT', 'it could not be connected to in time'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['ENOTFOUND', 'its name is unknown'],
  ['EAI_AGAIN', 'its name could not be looked up'],
  ['EHOSTUNREACH', 'there is no way to it'],
  ['ENETUNREACH', 'there is no way to it'],
]);

/** OpenSSL's verdicts on the server's certificate, and Node's on its name. */
const SERVER_NOT_TRUSTED =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|CRL_)/;
/** The server's alerts about our certificate, where it is so kind as to send one. */
const REJECTED =
  /^ERR_SSL_.*(CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN|REQUIRED)|BAD_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|UNSUPPORTED_CERTIFICATE)$/;

/** The error for a lost exchange. `attempt` begins the message; `shown` is the file of our certificate, if we have one. */
export function lostError(attempt: string, lost: Lost, shown: string | null): FtsError {
  const { code, sent } = lost;
  const circumstances = { sent, cause: lost.cause };
  if (SERVER_NOT_TRUSTED.test(code)) {
    const not = "the server's certificate is not trusted";
    return new BadEndpoint(`${attempt}: ${not} (${code})${whyNotTrusted(code)}`, circumstances);
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return new BadEndpoint(`${attempt}: what listens there does not speak TLS; check the endpoint`, circumstances);
  }
  if (REJECTED.test(code)) {
    const what = shown === null ? 'a certificate, and we have none' : `another certificate than the one in "${shown}"`;
    return new Unauthorized(`${attempt}: the server wants ${what} (${code}); ${rejectedCure(code)}`, circumstances);
  }
  if (code === TOO_LARGE) return new TooLarge(`${attempt}: the answer is too large`, circumstances);
  if (/^HPE_(?!INVALID_EOF_STATE)|^(HTTPParserError|UND_ERR_HEADERS_OVERFLOW)$/.test(code)) {
    return new ServerError(`${attempt}: the answer is no HTTP (${code})`, circumstances);
  }
  return new TryAgain(`${attempt}: ${SAID.get(code) ?? closed(code, shown)}`, circumstances);
}

/** The cause, where it is another than a CA that we do not know, and the cure. */
function whyNotTrusted(code: string): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return ": it, or its CA's, has expired; ask its operators, and check this host's clock and the age of its CAs";
    case 'CERT_NOT_YET_VALID':
      return ": it is not valid yet; check this host's clock";
    case 'CERT_REVOKED':
      return ': it was revoked; ask its operators';
    case 'HOSTNAME_MISMATCH':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return ": it is of another host; check the endpoint's name";
    default:
      return '; check the endpoint and fts.ca_directory (or X509_CERT_DIR)';
  }
}

/** In the words of the server's alert. */
function rejectedCure(code: string): string {
  if (code.endsWith('UNKNOWN_CA'))
    return 'it does not know the CA that signed ours: see that the file has its whole chain, and ask its operators';
  if (code.endsWith('REVOKED')) return 'ours was revoked: get another one from its authority';
  if (code.endsWith('EXPIRED'))
    return "by its clock ours has expired: run voms-proxy-init, and check this host's clock";
  return 'run voms-proxy-init';
}

/** A server that rejects our certificate mostly says nothing and closes, so this must be said here. */
function closed(code: string, shown: string | null): string {
  const said = `the server closed the connection without a whole answer (${code})`;
  return shown === null ? said : `${said}; if that stays so, it may be rejecting the certificate in "${shown}"`;
}
