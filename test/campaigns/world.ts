/**
 * world: a campaign's base directory, its two servers and its clocks.
 *
 * No two moments of a world are the same, so that the servers' records can be put in order. Our machine's clock may be wrong;
 * the servers' clocks, by which the records are compared, agree.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { chance } from '../../dist/rehearsal/campaign/chance.js';
import type { Outcome, RehearsalServer, ScriptedTransfer } from '../../dist/rehearsal/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server.js';
import { discard, DESTINATION, SERVERS, SOURCE, type Scene } from '../crash/scene.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import type { Line } from './lines.js';
import type { Plan, Settings } from './plan.js';

export const LFN_LISTS = ['TODO/ListOfLFNs/input.list', 'TODO/ListOfLFNs/zUSER.list'] as const;

const ROUTES = [
  { match: '*USER*', source: `${SOURCE}/user`, destination: `${DESTINATION}/user` },
  { match: '*', source: SOURCE, destination: DESTINATION },
];

const START = Date.UTC(2026, 2, 1);

export class World implements Scene {
  readonly base = temporaryDirectory();
  readonly byHand: string[] = [];
  readonly oneServer = false;
  readonly servers: readonly RehearsalServer[];
  private readonly seed: number;
  private ms = START;
  private draws = 0;
  /** Our machine's clock is wrong by so many milliseconds. */
  wrongBy = 0;

  private constructor(seed: number, servers: readonly RehearsalServer[]) {
    this.seed = seed;
    this.servers = servers;
  }

  static async make({ seed, checkDuplicates, files, bom, settings }: Plan): Promise<World> {
    const script = scripted();
    let now = (): number => START;
    const servers = await Promise.all(
      SERVERS.map((name, index) =>
        startRehearsalServer({ name, script, checkDuplicates, seed: seed + index, now: () => now() }),
      ),
    );
    const world = new World(seed, servers);
    now = () => world.time();
    for (const place of ['TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
      mkdirSync(join(world.base, place), { recursive: true });
    for (const [index, name] of LFN_LISTS.entries())
      writeFileSync(join(world.base, name), `${bom ? '\ufeff' : ''}# ${name}\n${textOf(files[index] ?? [])}`);
    world.settings(settings);
    return world;
  }

  /** The time by the servers, in ms since 1970: later each time that somebody asks. */
  time(): number {
    this.ms += 1;
    return this.ms;
  }

  passes(seconds: number): void {
    this.ms += seconds * 1000;
  }

  /** What our machine takes for the time. */
  readonly now = (): Date => new Date(this.time() + this.wrongBy);

  readonly random = (): number => chance(this.seed, (this.draws += 1));

  settings(settings: Settings): void {
    const { lfnsPerList, listsPerRun, concurrency, maxDoing, maxFailures, permanentAtOnce, canceled, weights } =
      settings;
    const tables = [
      `[producer]\nlfns_per_list = ${lfnsPerList}\nlists_per_run = ${listsPerRun}`,
      `[consumer]\nlists_per_run = ${listsPerRun}\nconcurrency = ${concurrency}\nmax_doing = ${maxDoing}`,
      `[monitor]\npermanent_at_once = ${permanentAtOnce}\nmax_failures = ${maxFailures}\ncanceled = "${canceled}"`,
      '[fts]\ntimeout_seconds = 1',
      ...ROUTES.map((route) => table('[[route]]', route)),
      ...this.servers.flatMap(({ name, url }, index) => {
        const weight = weights[index] ?? null;
        return weight === null ? [] : [table('[[fts.server]]', { name, endpoint: url, weight })];
      }),
    ];
    writeFileSync(join(this.base, 'castor2echo.toml'), `${tables.join('\n')}\n`);
  }

  stop = async (): Promise<void> => {
    await Promise.all(this.servers.map((server) => server.stop()));
  };

  discard(): Promise<void> {
    return discard(this);
  }
}

export const textOf = (lines: readonly Line[]): string => lines.map(({ text }) => `${text}\n`).join('');

/** The LFN of a source. */
export const lfnIn = (source: string): string => source.slice(Math.max(0, source.indexOf('/lhcb/')));

/** The attempts are counted over both servers, as a list may go to either. */
function scripted(): (transfer: ScriptedTransfer) => Outcome {
  const attempts = new Map<string, number>();
  return ({ source }) => {
    const attempt = (attempts.get(source) ?? 0) + 1;
    attempts.set(source, attempt);
    if (source.endsWith('/gone')) return { state: 'FAILED', reason: 'SOURCE [2] 500 No such file or directory' };
    const fails = source.endsWith('/stubborn') || (source.endsWith('/again') && attempt === 1);
    return fails ? { state: 'FAILED', reason: 'TRANSFER [5] Input/output error' } : { state: 'FINISHED' };
  };
}

function table(heading: string, entries: Readonly<Record<string, unknown>>): string {
  return [heading, ...Object.entries(entries).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)].join('\n');
}
