/**
 * escape: makes text of unknown origin safe for a terminal, a list or a mail.
 *
 * A storage's error message or a line of a damaged file may hold anything: an escape sequence that clears the screen,
 * a newline that forges a line of a list, an override that shows a name backwards. All text that did not come from us
 * goes through `escapeText` before it is written anywhere. Nothing here throws.
 */

/**
 * Characters that are never written raw: C0 and C1 controls (newline, tab and ESC among them), every blank that is
 * not the space, zero-width and bidirectional marks, line and paragraph separators, and lone surrogates.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const UNSAFE_EVERYWHERE = new RegExp(UNSAFE.source, 'g');

/** Does the text hold a control character, an invisible one, or anything else that `escapeText` would change? */
export function hasUnsafe(text: string): boolean {
  return UNSAFE.test(text);
}

/**
 * The text with every unsafe character as `\xNN` (below U+0100) or `\u{…}`. Backslashes stay as they are, so that
 * escaping twice changes nothing more; use `escapeName` where the text has to be read back.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE_EVERYWHERE, escapeCharacter);
}

/**
 * The value as one line of JSON without any unsafe character: what JSON itself leaves raw (C1 controls, marks that turn
 * the direction of writing) stands as `\uNNNN`. It reads back as the same value.
 */
export function jsonLine(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** JSON text with every unsafe character in its strings escaped; outside of them it has none but line ends and tabs. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE_EVERYWHERE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Like `escapeText`, with backslashes doubled: `unescapeName` gives the very same text back. */
export function escapeName(text: string): string {
  return escapeText(text.replaceAll('\\', '\\\\'));
}

/** The inverse of `escapeName`. A backslash that starts no known escape stands for itself. */
export function unescapeName(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:(\\)|x([0-9a-f]{2})|u\{([0-9a-f]{1,4})\})/g, (_, backslash, short, long) =>
    backslash === undefined ? String.fromCharCode(parseInt(String(short ?? long), 16)) : '\\',
  );
}

/** The text of UTF-8 bytes (a byte order mark at the start dropped), or null if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Bytes that are not UTF-8 as text: ASCII as it is, every other byte as `\xNN` (a byte order mark at the start
 * dropped). It may still hold control characters: escape it before showing it.
 */
export function textOfBytes(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let text = '';
  for (const byte of marked ? bytes.subarray(3) : bytes) text += byte < 0x80 ? String.fromCharCode(byte) : hex(byte);
  return text;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? hex(code) : `\\u{${code.toString(16)}}`;
}

function hex(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}
