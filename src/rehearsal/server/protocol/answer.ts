/**
 * answer: what goes back to a caller, in the forms that FTS3 and the web server before it use.
 *
 * JSON is written with Python's separators, because FTS measures metadata that way. Refusals are thrown by whatever
 * notices them and become `{"status": "400 Bad Request", "message": …}` in one place.
 */
import { STATUS_CODES } from 'node:http';

export interface Answer {
  readonly status: number;
  /** Null: no body and no content type, as with 204. */
  readonly contentType: string | null;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** FTS's own refusal of a request. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, message);
}

/** What stumbles inside FTS. */
export function internalError(): Refusal {
  return new Refusal(
    500,
    'The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.',
  );
}

/** "Invalid value within the request: …", as FTS wraps what its parser says. */
export function invalidValue(message: string): Refusal {
  return badRequest(`Invalid value within the request: ${message}`);
}

export function json(value: unknown, status = 200): Answer {
  return { status, contentType: 'application/json', body: pythonJson(value) };
}

export function refused({ status, message }: Refusal): Answer {
  return json({ status: statusLine(status), message }, status);
}

export function empty(status: number, contentType: string | null = null): Answer {
  return { status, contentType, body: '' };
}

/** "404 Not Found"; 419 and 200 are spelled as FTS spells them. */
export function statusLine(status: number): string {
  return `${status} ${phrase(status)}`;
}

export function phrase(status: number): string {
  if (status === 419) return 'Authentication Timeout';
  if (status === 500) return 'Internal Server Error';
  return STATUS_CODES[status] ?? 'Unknown';
}

/** A page of the web server itself: it says nothing about the jobs. */
export function page(status: number, text = 'The server could not answer the request.'): Answer {
  const title = status === 414 ? 'Request-URI Too Long' : phrase(status);
  const head = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n`;
  const heading = status === 404 ? 'Not Found' : title;
  const body = `<html><head>\n<title>${statusLine(status).replace(phrase(status), title)}</title>\n</head><body>\n<h1>${heading}</h1>\n<p>${text}</p>\n</body></html>\n`;
  return { status, contentType: 'text/html; charset=iso-8859-1', body: head + body };
}

/** JSON with a blank after every comma and colon, as Python's json writes it. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return ascii(JSON.stringify(value) ?? 'null');
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${ascii(JSON.stringify(key))}: ${pythonJson(member)}`).join(', ')}}`;
}

const ascii = (text: string): string =>
  text.replace(/[^\u0000-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
