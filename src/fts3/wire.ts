/**
 * wire: takes typed values out of parsed JSON, or says what is wrong with it.
 *
 * A server may send anything. No name in its JSON can lend a value to another: `JSON.parse` makes `__proto__` a property like
 * any other, and no name that is asked for here is one that every object has.
 */

/** The answer is JSON, and not what FTS sends. Its message continues "the server's answer …". */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer';
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Metadata nest a few levels; what nests deeper is an attack on whoever walks it. */
const MAX_DEPTH = 200;

/** The JSON of an answer, however deep it nests: V8 parses without recursion. Who walks it looks at its depth (`anythingIn`). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WrongAnswer(text.trimStart().startsWith('<') ? 'is HTML where JSON should be' : 'is no whole JSON');
  }
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongAnswer(`has no ${what}`);
  return value as JsonObject;
}

export function arrayOf(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new WrongAnswer(`has no ${what}`);
  return value;
}

export function valueIn(object: JsonObject, name: string): unknown {
  return object[name] ?? null;
}

/** A string that must be there, and not be empty. */
export function nameIn(object: JsonObject, name: string): string {
  const value = textIn(object, name);
  if (value === '') throw new WrongAnswer(`has no ${name}`);
  return value;
}

/** A string; "" where there is none. */
export function textIn(object: JsonObject, name: string): string {
  const value = valueIn(object, name) ?? '';
  if (typeof value !== 'string') throw new WrongAnswer(`has a ${name} that is no text`);
  return value;
}

export function numberIn(object: JsonObject, name: string): number | null {
  const value = valueIn(object, name);
  if (value !== null && typeof value !== 'number') throw new WrongAnswer(`has a ${name} that is no number`);
  return value;
}

export function booleanIn(object: JsonObject, name: string): boolean | null {
  const value = valueIn(object, name);
  if (value !== null && typeof value !== 'boolean')
    throw new WrongAnswer(`has a ${name} that is neither true nor false`);
  return value;
}

/** A time, which FTS writes in UTC and without a zone: 2026-11-23T18:45:42. */
export function timeIn(object: JsonObject, name: string): Date | null {
  const text = textIn(object, name);
  if (text === '') return null;
  if (text === lastTime?.text) return lastTime.date;
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)Z?$/.exec(text) ?? [];
  const date = new Date(`${day}T${time}Z`);
  if (Number.isNaN(date.getTime())) throw new WrongAnswer(`has a ${name} that is no time`);
  lastTime = { text, date };
  return date;
}

/** The files of a job, and jobs, end together: most times are the one that was read before. */
let lastTime: { readonly text: string; readonly date: Date } | null = null;

/** Any JSON, if it can be walked safely. */
export function anythingIn(object: JsonObject, name: string): unknown {
  const value = valueIn(object, name);
  if (nestsDeeper(value, MAX_DEPTH)) throw new WrongAnswer(`has a ${name} that nests too deep`);
  return value;
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => nestsDeeper(inner, levels - 1));
}
