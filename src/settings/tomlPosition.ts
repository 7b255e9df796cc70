/**
 * tomlPosition: finds the line on which a setting stands.
 *
 * The TOML parser gives values without places, but a message that names the line saves its reader the search. This is
 * no second parser: it runs on text that the parser has accepted, and where it does not see deep enough (inline tables)
 * it gives the line of what stands around. Nothing here throws.
 */

export type SettingPath = readonly (string | number)[];

/** A logical line: a table header or an assignment, which may go on over several lines of the file. */
interface Statement {
  readonly text: string;
  readonly line: number;
}

const TOKEN = /#[^\n]*|"""(?:\\[^]|[^\\])*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[[\]{}\n]|[^#"'[\]{}\n]+|[^]/g;
const KEY = /"((?:\\.|[^"\\])*)"|'([^']*)'|([A-Za-z0-9_-]+)/g;

/** Returns a function that gives the line (from 1) of a path such as `['fts', 'server', 1, 'weight']`, or of what holds it. */
export function linesOfSettings(toml: string): (path: SettingPath) => number | undefined {
  const lines = new Map<string, number>();
  const lengths = new Map<string, number>();
  let table: SettingPath = [];

  for (const { text, line } of statementsOf(toml)) {
    const header = /^\s*(\[\[?)([^]*?)\]\]?\s*$/.exec(text);
    const assignment = /^\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|[^='"])+)=/.exec(text);
    if (header) {
      table = enter(keysOf(header[2] ?? ''), header[1] === '[[', lengths);
      note(table, line);
    } else if (assignment) {
      note([...table, ...keysOf(assignment[1] ?? '')], line);
    }
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };

  function note(path: SettingPath, line: number): void {
    for (let length = 1; length <= path.length; length++) {
      const key = JSON.stringify(path.slice(0, length));
      if (!lines.has(key)) lines.set(key, line);
    }
  }
}

/** The path of a table header: `[[a.b]]` begins the next element of an array, and `[a.b.c]` belongs to its last one. */
function enter(keys: readonly string[], element: boolean, lengths: Map<string, number>): SettingPath {
  const path: (string | number)[] = [];
  keys.forEach((key, index) => {
    path.push(key);
    const array = JSON.stringify(path);
    const last = element && index === keys.length - 1;
    if (last) lengths.set(array, (lengths.get(array) ?? 0) + 1);
    const length = lengths.get(array);
    if (length !== undefined) path.push(length - 1);
  });
  return path;
}

function* statementsOf(toml: string): Generator<Statement> {
  let [text, line, started, depth] = ['', 1, 1, 0];
  for (const [token] of `${toml}\n`.matchAll(TOKEN)) {
    if (token === '\n' && depth === 0) {
      yield { text, line: started };
      text = '';
    } else if (!token.startsWith('#')) {
      text += token;
    }
    if (/^[[{]$/.test(token)) depth++;
    if (/^[\]}]$/.test(token)) depth--;
    line += token.split('\n').length - 1;
    if (text === '') started = line;
  }
}

function keysOf(dotted: string): string[] {
  return [...dotted.matchAll(KEY)].map(([, basic, literal, bare]) => basic ?? literal ?? bare ?? '');
}
