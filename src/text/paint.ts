/**
 * paint: colours for a terminal, and none where they would be in the way.
 */
import { styleText } from 'node:util';
import type { Paint } from './terminal.js';

/** Colours only on a terminal, and not where NO_COLOR is set to anything (https://no-color.org). */
export function painter(isTerminal: boolean, env: NodeJS.ProcessEnv): Paint {
  const coloured = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return coloured ? (colour, text) => (text === '' ? '' : styleText(colour, text)) : (_, text) => text;
}
