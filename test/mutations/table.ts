/** table: every mutation. */
import { DAMAGE } from './damage.js';
import { DISK } from './disk.js';
import { DUMPS } from './dumps.js';
import { FTS } from './fts.js';
import type { Mutation } from './mutation.js';
import { REMOVAL } from './removal.js';
import { RULES } from './rules.js';

export const MUTATIONS: readonly Mutation[] = [...DISK, ...DAMAGE, ...DUMPS, ...FTS, ...REMOVAL, ...RULES];

/** The text of a program with the mutation in it. Throws unless the place is there exactly once. */
export function mutated(text: string, { name, file, from, to }: Mutation): string {
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`"${name}": ${file} has its place ${places} times: ${from}`);
  return text.replace(from, () => to);
}
