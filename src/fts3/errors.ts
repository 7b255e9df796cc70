/**
 * errors: what can go wrong between this client and an FTS3 server.
 *
 * The classes carry the names of FTS's own client. Beside its message each error says two things:
 * - `sent`: whether a byte of the request may have left this process on an established connection;
 * - `answered`: whether FTS itself refused the request, in its own JSON and with a 4xx status.
 *
 * They are the safety of a submission. A POST that was sent and not answered may have made a job, whatever
 * else the error says: only `answered` proves that it was refused, and only `!sent` that it never arrived. A 5xx proves
 * nothing, not even in JSON, for the server may have stumbled after it had stored the job.
 */

/** How far the failed request came. `status` is the HTTP status, null where there was no answer. */
export interface Circumstances {
  status?: number | null;
  sent?: boolean;
  answered?: boolean;
  cause?: unknown;
}

/** The base of everything that this client throws on purpose. */
export abstract class FtsError extends Error {
  readonly status: number | null;
  readonly sent: boolean;
  readonly answered: boolean;

  constructor(message: string, { status = null, sent = false, answered = false, cause }: Circumstances = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.sent = sent;
    this.answered = answered;
  }
}

/** The request is wrong: 400, or another 4xx that has no class of its own. */
export class ClientError extends FtsError {
  override name = 'ClientError';
}

/** 401 or 403: the server does not know us, or does not allow it. */
export class Unauthorized extends FtsError {
  override name = 'Unauthorized';
}

/** 403 "… is banned": a storage of the job may not be used for the time being. */
export class Banned extends Unauthorized {
  override name = 'Banned';
}

/** There is no usable credential here; nothing was sent. */
export class CredentialError extends Unauthorized {
  override name = 'CredentialError';
}

/** 404, in FTS's own JSON. */
export class NotFound extends FtsError {
  override name = 'NotFound';
}

/**
 * 409. `sid`: the job exists already; `destination`: another active transfer has one of the destinations; `tokens`: no duplicate
 * at all, FTS cannot store tokens of storages for who logs in with a certificate.
 */
export class Conflict extends FtsError {
  override name = 'Conflict';
  readonly kind: 'sid' | 'destination' | 'tokens' | 'other';

  constructor(message: string, kind: Conflict['kind'], circumstances: Circumstances) {
    super(message, circumstances);
    this.kind = kind;
  }
}

/** 419: nothing is delegated, it has expired, or less than an hour of it is left. */
export class NeedDelegation extends FtsError {
  override name = 'NeedDelegation';
}

/** 424: the server lacks something that the request needs. */
export class FailedDependency extends FtsError {
  override name = 'FailedDependency';
}

/** 503, 429, a time-out, a connection that was refused or lost. `retryAfter`: seconds, where the server said so. */
export class TryAgain extends FtsError {
  override name = 'TryAgain';
  readonly retryAfter: number | null;

  constructor(message: string, circumstances: Circumstances, retryAfter: number | null = null) {
    super(message, circumstances);
    this.retryAfter = retryAfter;
  }
}

/** The server is broken: another 5xx, HTML where JSON should be, half a JSON, a wrong one, the wrong job. */
export class ServerError extends FtsError {
  override name = 'ServerError';
}

/** The answer is larger than the client takes. To ask for the same again does not help, to ask for less may. */
export class TooLarge extends FtsError {
  override name = 'TooLarge';
}

/** The endpoint, or the trust in it, is set wrongly; nothing was sent. */
export class BadEndpoint extends FtsError {
  override name = 'BadEndpoint';
}
