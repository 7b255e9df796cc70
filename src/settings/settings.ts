/**
 * settings: reads `castor2echo.toml`.
 *
 *     parse the TOML; check each key (schema), and what goes together (problems)
 *     something is wrong: say all of it, one line for each, with file, line, key, value and what is allowed
 *     else give them back as the file spells them, with their defaults
 *
 * There are no default routes or servers: a campaign that nobody described moves nothing. What is wrong
 * ends the run with a UsageError.
 */
import { readFileSync } from 'node:fs';
import { TomlError, parse } from 'smol-toml';
import { safeParse, type BaseIssue } from 'valibot';
import { decodeUtf8, escapeText } from '../text/escape.js';
import { hasTilde, NO_TILDE } from '../disk.js';
import { UsageError } from '../errors.js';
import { chooseCaDirectory, type CaChoice } from './caChoice.js';
import { contradictions, unknownSettings } from './problems.js';
import type { Problem } from './problems.js';
import { SETTINGS_FILE, endpointOf, isTable } from './schema.js';
import type { SettingsFile } from './schema.js';
import { linesOfSettings } from './tomlPosition.js';

/**
 * The settings as the file spells them, with their defaults: endpoints in one form, and the directory of authorities
 * that was chosen.
 */
export type Settings = Omit<SettingsFile, 'fts'> & {
  readonly fts: Omit<SettingsFile['fts'], 'ca_directory'> & CaChoice;
};

const LONGEST_VALUE = 60;

/**
 * Reads the settings; what they leave to the environment is taken from `env`.
 * @throws UsageError if the file is missing, no TOML, or anything in it is wrong.
 */
export function loadSettings(file: string, env: NodeJS.ProcessEnv): Settings {
  const toml = read(file);
  const tables = parseToml(toml, file);
  const parsed = safeParse(SETTINGS_FILE, tables);
  const problems = [
    ...unknownSettings(SETTINGS_FILE, tables),
    ...(parsed.success ? contradictions(parsed.output) : parsed.issues.map(problemOf)),
  ];
  if (problems.length === 0 && parsed.success) {
    const { ca_directory: setting, ...fts } = parsed.output.fts;
    const server = fts.server.map((each) => ({ ...each, endpoint: endpointOf(each.endpoint) ?? each.endpoint }));
    return { ...parsed.output, fts: { ...fts, server, ...chooseCaDirectory(setting, env) } };
  }

  const lineOf = linesOfSettings(toml);
  const lines = problems.map((problem) => ({ problem, line: lineOf(problem.path) }));
  lines.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  throw new UsageError(
    lines.map(({ problem, line }) => `${file}${line ? `:${line}` : ''}: ${say(problem)}`).join('\n'),
  );
}

function read(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (hasTilde(file)) throw new UsageError(`Cannot read the settings ${file}: ${NO_TILDE}`, { cause: error });
    const why = code === 'ENOENT' ? `there is no ${file}` : `${file}: ${code}`;
    const cure = 'start from a copy of castor2echo.example.toml, or name another file with --config';
    throw new UsageError(`Cannot read the settings: ${why}; ${cure}`, { cause: error });
  }
  const text = decodeUtf8(bytes);
  if (text === null) throw new UsageError(`Cannot read the settings: ${file} is not UTF-8`);
  return text;
}

function parseToml(toml: string, file: string): unknown {
  try {
    return parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const why = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw new UsageError(`${file}:${error.line}: not TOML at column ${error.column}: ${why}`, { cause: error });
  }
}

function problemOf(issue: BaseIssue<unknown>): Problem {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  return { path, value: issue.input, why: issue.message };
}

/** `key = value: what is wrong`; the places in arrays are left out, as the line says which. */
function say({ path, value, why }: Problem): string {
  const key = path.filter((step) => typeof step === 'string').join('.');
  if (key === '') return why;
  return value === undefined || isTable(value)
    ? `${escapeText(key)}: ${why}`
    : `${escapeText(key)} = ${shown(value)}: ${why}`;
}

function shown(value: unknown): string {
  const text = escapeText(Number.isNaN(value) ? 'nan' : JSON.stringify(value));
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}
