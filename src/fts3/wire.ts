/**
 * wire: takes typed values out of parsed JSON, or says what is wrong with it.
 *
 * A server may send anything. No name in its JSON can lend a value to another: `JSON.parse` makes `__proto__` a
 * property like any other, and no name that is asked for is one that every object has. Who asks takes the value out by
 * its name, and gives both: by that V8 finds it where it was the last time, and an answer is judged three times as
 * fast.
 */

/** The answer is JSON, and not what FTS sends. Its message continues "the server's answer …". */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer';
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Metadata nest a few levels; what nests deeper is an attack on whoever walks it. */
const MAX_DEPTH = 200;

/** The JSON of an answer, however deep it nests: V8 parses without recursion. Who walks it looks at its depth (`anythingFrom`). */
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

/** A string that must be there, and not be empty. */
export function nameFrom(value: unknown, name: string): string {
  const text = textFrom(value, name);
  if (text === '') throw new WrongAnswer(`has no ${name}`);
  return text;
}

/** A string; "" where there is none. */
export function textFrom(value: unknown, name: string): string {
  const text = value ?? '';
  if (typeof text !== 'string') throw new WrongAnswer(`has a ${name} that is no text`);
  return text;
}

export function numberFrom(value: unknown, name: string): number | null {
  const number = value ?? null;
  if (number !== null && typeof number !== 'number') throw new WrongAnswer(`has a ${name} that is no number`);
  return number;
}

export function booleanFrom(value: unknown, name: string): boolean | null {
  const answer = value ?? null;
  if (answer !== null && typeof answer !== 'boolean')
    throw new WrongAnswer(`has a ${name} that is neither true nor false`);
  return answer;
}

/** A time, which FTS writes in UTC and without a zone: 2026-11-23T18:45:42. */
export function timeFrom(value: unknown, name: string): Date | null {
  const text = textFrom(value, name);
  if (text === '') return null;
  const last = lastTimes.get(name);
  if (text === last?.text) return last.date;
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)Z?$/.exec(text) ?? [];
  const date = new Date(`${day}T${time}Z`);
  if (Number.isNaN(date.getTime())) throw new WrongAnswer(`has a ${name} that is no time`);
  lastTimes.set(name, { text, date });
  return date;
}

/** By the name of the field. The files of a job, and jobs, begin and end together: most times are the one that was read before. */
const lastTimes = new Map<string, { readonly text: string; readonly date: Date }>();

/** Any JSON, if it can be walked safely. */
export function anythingFrom(value: unknown, name: string): unknown {
  if (nestsDeeper(value, MAX_DEPTH)) throw new WrongAnswer(`has a ${name} that nests too deep`);
  return value ?? null;
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => nestsDeeper(inner, levels - 1));
}
