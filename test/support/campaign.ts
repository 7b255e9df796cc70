/**
 * campaign: a campaign in a temporary directory, for tests that run the shipped programs on it.
 *
 * Each has storages of its own in its routes, so that what a rehearsal server was asked by one campaign can be told
 * from what the others asked. A list that a test puts into the spool counts as cut: `everyTransferOnce` looks for its
 * transfers.
 */
import Sqlite from 'better-sqlite3';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { RehearsalServer, Submission } from '../../dist/rehearsal/server/options.js';
import { copyTransfers, noteTransfers } from './everyTransferOnce.js';
import { run, type Crash, type Outcome } from './runProgram.js';
import { runUnharmed } from './runWithin.js';
import { temporaryDirectory } from './temporaryDirectory.js';

/** Settings beside routes and servers, by table and key. */
export type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface ServerChoice {
  readonly name: string;
  readonly endpoint: string;
  readonly weight?: number;
}

export interface ListReport {
  readonly list: string;
  readonly state: string | null;
  readonly rule: number | null;
  readonly action: string;
  readonly jobId: string | null;
  readonly server: string | null;
  readonly to: readonly string[];
}

/** What `--json` prints. */
export interface Report {
  readonly program: string;
  readonly lists: readonly ListReport[];
  readonly counts: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly exit: number;
}

export interface Ran extends Report {
  readonly stderr: string;
  /** Its report about one list. */
  readonly of: (list: string) => ListReport;
  /** All warnings in one text. */
  readonly said: string;
}

const SPOOL = ['TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'];
let campaigns = 0;

export class Campaign {
  readonly base = temporaryDirectory();
  /** The storages of this campaign alone; the path goes on with the LFN. */
  readonly source = `srm://castor${(campaigns += 1)}.example.org:8443/srm?SFN=/prod`;
  readonly destination = `gsiftp://echo${campaigns}.example.org/lhcb:prod`;
  readonly env: Record<string, string> = {};

  constructor(servers: readonly ServerChoice[], settings: Settings = {}) {
    for (const place of SPOOL) mkdirSync(join(this.base, place), { recursive: true });
    this.settings(servers, settings);
  }

  /** Another campaign that stands where this one does, with the same storages: for tests that all begin there. */
  copy(): Campaign {
    const copy = Object.assign(new Campaign([]), { source: this.source, destination: this.destination });
    cpSync(this.base, copy.base, { recursive: true });
    Object.assign(copy.env, this.env);
    copyTransfers(this.base, copy.base);
    return copy;
  }

  /** Writes the settings anew. */
  settings(servers: readonly ServerChoice[], settings: Settings = {}): void {
    const route = { match: '*', source: this.source, destination: this.destination };
    const tables = [
      table('[[route]]', route),
      ...servers.map(({ name, endpoint, weight = 50 }) => table('[[fts.server]]', { name, endpoint, weight })),
      ...Object.entries(settings).map(([name, entries]) => table(`[${name}]`, entries)),
    ];
    this.write('castor2echo.toml', tables.join('\n'));
  }

  path(relative: string): string {
    return join(this.base, relative);
  }

  write(relative: string, content: string | Buffer): void {
    writeFileSync(this.path(relative), content);
  }

  read(relative: string): string {
    return readFileSync(this.path(relative), 'utf8');
  }

  has(relative: string): boolean {
    return existsSync(this.path(relative));
  }

  /** As a person with `mv`. */
  move(from: string, to: string): void {
    renameSync(this.path(from), this.path(to));
  }

  /** The names in a place, sorted; the directory of the LFN lists and hidden files left out. */
  lists(place: string): string[] {
    return readdirSync(this.path(place))
      .filter((name) => !name.startsWith('.') && name !== 'ListOfLFNs')
      .sort();
  }

  /** Appends to an LFN list. */
  lfns(name: string, lines: readonly string[]): void {
    appendFileSync(this.path(`TODO/ListOfLFNs/${name}`), lines.map((line) => `${line}\n`).join(''));
  }

  /** A line of a list. */
  line(lfn: string): string {
    return `${this.source}${lfn}  ${this.destination}${lfn}`;
  }

  /** Puts a list of these LFNs (by default two of its own) somewhere. */
  put(place: string, name: string, lfns: readonly string[] = lfnsOf(name)): void {
    this.write(`${place}/${name}`, lfns.map((lfn) => `${this.line(lfn)}\n`).join(''));
    noteTransfers(
      this.base,
      lfns.map((lfn) => this.line(lfn)),
    );
  }

  /** The database, as the programs have left it. */
  rows<Row = Record<string, unknown>>(sql: string, ...values: unknown[]): Row[] {
    const db = new Sqlite(this.path('sqlite_c2e.db'), { readonly: true });
    try {
      return db.prepare(sql).all(...values) as Row[];
    } finally {
      db.close();
    }
  }

  /** Changes the database: as a dead worker, an older version or the passing of days would have left it. */
  leave(sql: string, ...values: unknown[]): void {
    const db = new Sqlite(this.path('sqlite_c2e.db'));
    try {
      db.prepare(sql).run(...values);
    } finally {
      db.close();
    }
  }

  state(list: string): string | undefined {
    return this.rows<{ state: string }>('SELECT state FROM list WHERE name = ?', list)[0]?.state;
  }

  uuid(): string {
    return this.read('.campaign').trim();
  }

  /**
   * Runs a program with `--json`; throws unless it ends with `exit`. The producer, the consumer and the monitor run
   * within this process, unless they are to crash; see runWithin.
   */
  async run(program: string, exit = 0, args: readonly string[] = [], crash?: Crash): Promise<Ran> {
    const options = { base: this.base, env: this.env, args: ['--json', '--wait', '0', ...args] };
    const ended = crash === undefined ? runUnharmed(program, options) : run(program, { ...options, crash });
    return ranAs(exit, program, await ended);
  }

  /** Runs a program as a person does, within this process if it can; returns what it prints on stdout. */
  async text(program: string, exit: number, args: readonly string[] = []): Promise<string> {
    const ended = await runUnharmed(program, { base: this.base, env: this.env, args: ['--wait', '0', ...args] });
    if (ended.exit !== exit)
      throw new Error(`${program} ended with ${ended.exit} instead of ${exit}:\n${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  }

  /** The jobs that a server accepted from this campaign, the oldest first. */
  jobs(server: RehearsalServer): Submission[] {
    return server.submissions.filter(({ transfers }) => transfers[0]?.source.startsWith(this.source) === true);
  }

  /** The one job that a server accepted for a list; throws if there are none or several. */
  job(server: RehearsalServer, list: string): Submission {
    const found = this.jobs(server).filter(({ metadata }) => (metadata as { list?: string }).list === list);
    if (found[0] === undefined || found.length > 1)
      throw new Error(`${server.name} accepted ${found.length} jobs for ${list}`);
    return found[0];
  }

  /** The POSTs for a list that a server was sent, answered or not. */
  posts(server: RehearsalServer, list: string): number {
    return server.history.filter(
      ({ method, path, body }) =>
        method === 'POST' && path === '/jobs' && body.includes(this.source) && body.includes(`"list":"${list}"`),
    ).length;
  }
}

/** The name of a list, by a number that says how old it is: 1 is the oldest. */
export const listName = (age: number): string => `FTSList-20180412-${String(100_000 + age).padStart(6, '0')}-0001.txt`;

/** The LFNs that `put` gives a list by default. */
export const lfnsOf = (name: string): string[] => ['a', 'b'].map((file) => `/lhcb/${name}/${file}.dst`);

/** A rehearsal server as the settings name it. */
export const choice = (server: RehearsalServer, weight = 50): ServerChoice => ({
  name: server.name,
  endpoint: server.url,
  weight,
});

function ranAs(exit: number, program: string, ended: Outcome): Ran {
  if (ended.exit !== exit)
    throw new Error(
      `${program} ended with ${ended.exit ?? ended.signal} instead of ${exit}:\n${ended.stdout}${ended.stderr}`,
    );
  const report = JSON.parse(ended.stdout) as Report;
  return {
    ...report,
    stderr: ended.stderr,
    said: report.warnings.join('\n'),
    of: (list) => {
      const found = report.lists.filter((each) => each.list === list);
      if (found[0] === undefined || found.length > 1)
        throw new Error(`${program} reported ${found.length} times about ${list}: ${ended.stdout}`);
      return found[0];
    },
  };
}

function table(heading: string, entries: Readonly<Record<string, unknown>>): string {
  return [heading, ...Object.entries(entries).map(([key, value]) => `${key} = ${JSON.stringify(value)}`), ''].join(
    '\n',
  );
}
