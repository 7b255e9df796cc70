/**
 * campaign: one campaign of the rehearsal of the storages, from its settings to the account of it: its parts, each with
 * a route, move between storages that behave as the parts say.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RehearsalOptions, RehearsalServer } from '../../server/options.js';
import { startRehearsalServer } from '../../server/server.js';
import { account, type Account } from '../account.js';
import { Driver, type CampaignCourse, type CampaignProgress } from '../driver.js';
import { finishedLists, listsIn } from '../finishedLists.js';
import { Programs, type ProgramEnd } from '../programs.js';
import { RoundsLog } from '../roundsLog.js';
import type { Fates } from '../scenario.js';
import { exactly, type PartCheck, type Part, type PartContext } from './part.js';

/** A copy of 8 s takes a fifth of a second. */
const TIME_SCALE = 40;
const LFN_LISTS = 'TODO/ListOfLFNs';

export interface CampaignOptions {
  /** Where it is to be; it is not there yet. */
  readonly base: string;
  readonly seed: number;
  readonly lfnsPerList: number;
  /** The names of its servers, and what they are given beside. */
  readonly servers: readonly string[];
  readonly serving?: Partial<RehearsalOptions>;
  /** For its programs. */
  readonly env?: Readonly<Record<string, string>>;
  readonly watch: (progress: CampaignProgress) => void;
  readonly say: (text: string) => void;
}

export interface Moved {
  readonly account: Account;
  readonly course: CampaignCourse;
  readonly parts: readonly { readonly title: string; readonly checks: readonly PartCheck[] }[];
  /** What went against the guarantees, and each check that does not hold. */
  readonly violations: readonly string[];
}

export class StoragesCampaign {
  readonly world: PartContext;
  private readonly servers: RehearsalServer[] = [];
  private readonly options: CampaignOptions;
  private readonly programs: Programs;
  private readonly log: RoundsLog;
  private parts: readonly Part[] = [];
  private driver: Driver | null = null;
  private interrupted = false;

  constructor(options: CampaignOptions) {
    this.options = options;
    const { base, env, seed, say } = options;
    this.programs = new Programs(base, env);
    this.log = new RoundsLog(base);
    const jobs: PartContext['jobs'] = ({ destination }) =>
      this.servers
        .flatMap(({ submissions }) => submissions)
        .filter(({ transfers }) => transfers[0]?.destination.startsWith(destination) === true)
        .sort((one, other) => one.acceptedAt - other.acceptedAt);
    const inDoing: PartContext['inDoing'] = ({ name }) =>
      listsIn(base, 'DOING')
        .map((list) => readFileSync(path.join(base, 'DOING', list), 'utf8'))
        .filter((text) => text.includes(`\n# route ${name}\n`)).length;
    const ask: PartContext['ask'] = async (program) => (await this.programs.run(program)).report;
    this.world = { base, seed, jobs, inDoing, requests: () => this.requests(), ask, say };
    mkdirSync(path.join(base, LFN_LISTS), { recursive: true });
  }

  /** `tables`: lines of TOML that stand before its routes. Null if it was interrupted. */
  async move(parts: readonly Part[], tables: readonly string[]): Promise<Moved | null> {
    this.parts = parts;
    try {
      await this.startServers();
      const lfnLists = parts.map((part) => this.writeLfnList(part));
      this.writeSettings(tables);
      for (const part of parts) part.begin?.(this.servers);
      this.driver = new Driver(this.drive());
      if (this.interrupted) return null;
      const course = await this.driver.run();
      if (this.interrupted) return null;
      const accounted = this.account(lfnLists);
      const moved = [...this.checked(), await this.audited(course, accounted)];
      const failed = moved.flatMap(({ title, checks }) =>
        checks.filter(({ holds }) => !holds).map(({ text }) => `${title}: ${text}`),
      );
      const violations = [...course.violations, ...accounted.violations, ...failed];
      this.log.violations(violations);
      return { account: accounted, course, parts: moved, violations };
    } finally {
      this.programs.signal('SIGKILL');
      for (const server of this.servers) await server.stop();
    }
  }

  interrupt(): void {
    this.interrupted = true;
    this.driver?.stop();
    this.programs.signal('SIGTERM');
  }

  private drive(): ConstructorParameters<typeof Driver>[0] {
    const { base, watch } = this.options;
    const { programs, log, servers, parts } = this;
    return {
      base,
      programs,
      log,
      servers,
      downTime: null,
      stopAfter: Infinity,
      watch,
      beforeProgram: (program) => parts.forEach((part) => part.beforeProgram?.(program)),
      isExplained: ({ warnings }) =>
        warnings.length > 0 && warnings.every((warning) => parts.some((part) => part.isExplained?.(warning) === true)),
      afterProgram: async (end) => {
        for (const part of parts) await part.afterProgram?.(end);
      },
    };
  }

  private requests(): string[] {
    return this.servers.flatMap(({ history }) =>
      history.filter(({ method, path: asked }) => method === 'POST' && asked === '/jobs').map(({ body }) => body),
    );
  }

  private async startServers(): Promise<void> {
    const { seed, servers, serving } = this.options;
    for (const name of servers)
      this.servers.push(
        await startRehearsalServer({
          name,
          seed,
          timeScale: TIME_SCALE,
          script: (transfer) =>
            this.parts.find(({ destination }) => transfer.destination.startsWith(destination))?.outcome(transfer),
          ...serving,
        }),
      );
  }

  private writeLfnList({ name, lines, title }: Part): string {
    const lfnList = `${LFN_LISTS}/${name}.list`;
    writeFileSync(path.join(this.options.base, lfnList), `# ${title}\n${lines.join('\n')}\n`);
    return lfnList;
  }

  private writeSettings(tables: readonly string[]): void {
    const lists = Math.ceil(this.parts.reduce((sum, { lines }) => sum + lines.length, 0) / this.options.lfnsPerList);
    const lines = [
      '# The settings of a rehearsal. The servers are gone when it has ended.',
      '[producer]',
      `lfns_per_list = ${this.options.lfnsPerList}`,
      'group_by = "directory"',
      `lists_per_run = ${2 * lists}`,
      '',
      '[consumer]',
      `lists_per_run = ${2 * lists}`,
      '',
      '[monitor]',
      '# There is no hour in a rehearsal for the clean-up of a dead copy.',
      'quarantine_minutes = 0',
      'adopt_existing = true',
      '',
      ...tables,
      ...this.parts.flatMap(({ name, source, destination, settings, table = [] }) => [
        '',
        '[[route]]',
        `name = "${name}"`,
        `match = "${name}.list"`,
        `source = "${source}"`,
        `destination = "${destination}"`,
        ...settings,
        ...table,
      ]),
      ...this.servers.flatMap(({ name, url }) => ['', '[[fts.server]]', `name = "${name}"`, `endpoint = "${url}"`]),
      '',
    ];
    writeFileSync(path.join(this.options.base, 'castor2echo.toml'), lines.join('\n'));
  }

  private account(lfnLists: readonly string[]): Account {
    const byLfn = new Map(this.parts.flatMap((part) => part.lines.map((line) => [line.split(' ')[0] ?? '', part])));
    const fates: Fates = { fate: (lfn) => byLfn.get(lfn)?.fate(lfn) ?? { kind: 'works' } };
    const submissions = this.servers.flatMap((server) => server.submissions);
    return account(this.options.base, lfnLists, fates, submissions);
  }

  private checked(): Moved['parts'] {
    const [okay, bad] = ['DONE/Okay', 'DONE/Bad'].map((place) => finishedLists(this.options.base, place).transfers);
    return this.parts.map((part) => ({ title: part.title, checks: part.checks({ okay: okay ?? [], bad: bad ?? [] }) }));
  }

  private async audited(course: CampaignCourse, { okay, bad }: Account): Promise<Moved['parts'][number]> {
    const { exit, warnings }: ProgramEnd = await this.programs.run('misc/audit');
    const audit = { holds: exit === 0, text: `misc/audit.js ends with ${exit}${exit === 0 ? '' : `: ${warnings[0]}`}` };
    const title = `${path.basename(this.options.base)}/: the campaign as a whole`;
    return { title, checks: [exactly(course.cut, okay + bad.length, 'transfers cut and in DONE'), audit] };
  }
}
