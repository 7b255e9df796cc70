/**
 * world: a campaign's base directory, its two servers, the credential of whoever runs it, and the clocks.
 *
 * No two moments of a world are the same, so that the servers' records can be put in order. Our machine's clock may be
 * wrong, and what the servers show as the time.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { chance } from '../../dist/rehearsal/campaign/chance.js';
import type { Outcome, RehearsalServer, ScriptedTransfer } from '../../dist/rehearsal/server/options.js';
import { DEFAULT_DN } from '../../dist/rehearsal/server/protocol/identity.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { discard, DESTINATION, SERVERS, SOURCE, type Scene } from '../crash/scene.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import type { Line } from './lines.js';
import type { Credential, Plan, Settings } from './plan.js';
import { ServerClock } from './serverClock.js';
import type { Stage } from './stage.js';

export const LFN_LISTS = ['TODO/ListOfLFNs/input.list', 'TODO/ListOfLFNs/zUSER.list'] as const;

const ROUTES = [
  { match: '*USER*', source: `${SOURCE}/user`, destination: `${DESTINATION}/user` },
  { match: '*', source: SOURCE, destination: DESTINATION },
];

const COLLEAGUE = '/DC=org/DC=example/OU=users/CN=A Colleague';

export class World implements Scene {
  readonly base = temporaryDirectory();
  readonly byHand: string[] = [];
  readonly oneServer = false;
  readonly servers: readonly RehearsalServer[];
  private readonly stage: Pick<Stage, 'clock' | 'timeoutSeconds'>;
  private readonly seed: number;
  private readonly clocks = SERVERS.map(() => new ServerClock());
  private readonly lost = new Set<string>();
  /** What has passed beyond the stage's own time. */
  private passed = 0;
  private ms = 0;
  private draws = 0;
  /** Our machine's clock is wrong by so many milliseconds. */
  wrongBy = 0;
  /** With which the next program starts. */
  credential: Credential = { whose: 'ours', vo: 'lhcb' };
  /** Of all credentials until now. */
  readonly vos = new Set<Credential['vo']>(['lhcb']);

  private constructor(stage: World['stage'], seed: number, servers: readonly RehearsalServer[]) {
    this.stage = stage;
    this.seed = seed;
    this.servers = servers;
  }

  static async make(stage: World['stage'], { seed, checkDuplicates, files, bom, settings }: Plan): Promise<World> {
    const script = scripted();
    let now = stage.clock;
    const servers = await Promise.all(
      SERVERS.map((name, index) =>
        startRehearsalServer({ name, script, checkDuplicates, seed: seed + index, now: () => now() }),
      ),
    );
    const world = new World(stage, seed, servers);
    now = () => world.time();
    for (const place of ['TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
      mkdirSync(join(world.base, place), { recursive: true });
    for (const [index, name] of LFN_LISTS.entries())
      writeFileSync(join(world.base, name), `${bom ? '\ufeff' : ''}# ${name}\n${textOf(files[index] ?? [])}`);
    world.settings(settings);
    return world;
  }

  /** In ms since 1970: later each time that somebody asks. */
  time(): number {
    this.ms = Math.max(this.ms + 1, this.stage.clock() + this.passed);
    return this.ms;
  }

  passes(seconds: number): void {
    this.skip(seconds * 1000);
  }

  /** Of the server at this address. */
  clockOf(origin: string): ServerClock {
    return this.clocks[this.servers.findIndex(({ url }) => url === origin)] ?? new ServerClock();
  }

  /** What a server shows is wrong by so many seconds from now on. */
  showsWrong(server: number, seconds: number): void {
    const clock = this.clocks[server];
    const [now, ahead] = [this.time(), seconds * 1000];
    if (clock === undefined || clock.shows(now) - now === ahead) return;
    // Times are written to the second: none of before may look as if it were of after.
    const since = Math.ceil(now / 1000) * 1000;
    this.skip(since - now);
    clock.goesWrong(since, ahead);
  }

  logsIn({ whose, vo }: Credential): void {
    this.credential = { whose, vo };
    this.vos.add(vo);
  }

  get dn(): string {
    return this.credential.whose === 'ours' ? DEFAULT_DN : COLLEAGUE;
  }

  /** Its jobs until now, as it comes back without its database. */
  loses(server: RehearsalServer): void {
    for (const { jobId, acceptedAt } of server.submissions) this.lost.add(`${jobId} ${acceptedAt}`);
  }

  /** Of the job with this id who has sent it, as far as a server has it; else undefined. */
  ownerOf(id: string): string | undefined {
    const job = this.servers.flatMap((server) => server.submissions).findLast(({ jobId }) => jobId === id);
    return job === undefined || this.lost.has(`${id} ${job.acceptedAt}`) ? undefined : job.userDn;
  }

  /** By which a server knows whose a request is. */
  get headers(): Readonly<Record<string, string>> {
    return { 'x-rehearsal-dn': this.dn, 'x-rehearsal-vo': this.credential.vo };
  }

  /** What our machine takes for the time. */
  readonly now = (): Date => new Date(this.time() + this.wrongBy);

  readonly random = (): number => chance(this.seed, (this.draws += 1));

  /** `vo`: the VO that a person orders; without it that of the first submission to each server stays. */
  settings(settings: Settings & { readonly vo?: string }): void {
    const { lfnsPerList, listsPerRun, concurrency, maxDoing, maxFailures, permanentAtOnce, canceled, weights, vo } =
      settings;
    const tables = [
      `[producer]\nlfns_per_list = ${lfnsPerList}\nlists_per_run = ${listsPerRun}`,
      `[consumer]\nlists_per_run = ${listsPerRun}\nconcurrency = ${concurrency}\nmax_doing = ${maxDoing}`,
      `[monitor]\npermanent_at_once = ${permanentAtOnce}\nmax_failures = ${maxFailures}\ncanceled = "${canceled}"`,
      `[fts]\ntimeout_seconds = ${this.stage.timeoutSeconds}${vo === undefined ? '' : `\nvo = "${vo}"`}`,
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

  private skip(ms: number): void {
    this.passed += ms;
    this.ms += ms;
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
