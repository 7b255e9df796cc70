/**
 * terminal: lines for a terminal of 80 columns, with colours where they can be seen.
 */
import { escapeText } from './escape.js';

export const WIDTH = 80;

export type Colour = 'red' | 'green' | 'yellow' | 'bold' | 'dim';
export type Paint = (colour: Colour, text: string) => string;

export interface TerminalLine {
  readonly text: string;
  readonly colour?: Colour;
  /** It stays as long as it is, to be copied: a name, or a link. */
  readonly whole?: true;
}

/** Names and texts of others may be of any length and hold anything. */
export function pageText(lines: readonly TerminalLine[], paint: Paint): string {
  return lines
    .map(({ text, colour, whole }) => {
      const safe = escapeText(text);
      const fitting = safe.length <= WIDTH || whole === true ? safe : `${safe.slice(0, WIDTH - 1)}…`;
      return colour === undefined ? fitting : paint(colour, fitting);
    })
    .join('\n');
}

/** Words that do not fit go to further lines; all are indented by so many blanks, the first by `head` instead. */
export function wrapped(text: string, indent: number, head = ' '.repeat(indent)): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || indent + last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line, index) => `${index === 0 ? head : ' '.repeat(indent)}${line}`);
}

/** `1,234`: of whole numbers. What the runtime knows of languages takes 20 ms and 9 MB to load. */
export const count = (value: number, width = 0): string =>
  String(value)
    .replace(/\B(?=(?:\d{3})+$)/g, ',')
    .padStart(width);

/** `1.2 TB`: powers of a thousand, as storages are sold. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(5, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${['B', 'kB', 'MB', 'GB', 'TB', 'PB'][power] ?? ''}`;
}

/** `2018-04-12 10:00` */
export const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
