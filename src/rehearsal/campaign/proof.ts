/**
 * proof: how a campaign is ended, as docs/PROOF.md says it: the storage's dump is compared with the catalogue and the
 * campaign, what the storage has lost is sent again, the dump is compared once more, and the manifest says what has
 * arrived.
 *
 * The storage is made up of what the servers have carried out, by their own record; it has lost some files, and has
 * some that nobody knows. What the programs find must be just that, and in the end nothing.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Submission } from '../server/options.js';
import { carriedTwice } from '../server/state/record.js';
import { chance } from './chance.js';
import type { CampaignCourse } from './driver.js';
import type { ProgramEnd } from './programs.js';
import { lfnOf, type Scenario } from './scenario.js';

export interface Proved {
  /** Files that the storage had at the end, without those that nobody knows. */
  readonly files: number;
  readonly bytes: number;
  /** Files that the first dump lacked, and those in it that nobody knew. */
  readonly lost: number;
  readonly dark: number;
  /** The directory with what was found. */
  readonly directory: string;
  readonly violations: readonly string[];
}

/** What the proof asks of the rehearsal. */
export interface ProofStage {
  readonly base: string;
  readonly scenario: Scenario;
  readonly submissions: () => readonly Submission[];
  /** Runs one of the toolkit's scripts. */
  readonly run: (program: string, args: readonly string[]) => Promise<ProgramEnd>;
  /** Producer, consumer and monitor, until nothing is left to do. */
  readonly rounds: () => Promise<CampaignCourse>;
}

/** `PROOF/…` in the base directory. */
const DIRECTORY = 'PROOF';
const MANIFEST = 'manifest.tsv';
const SHARE_LOST = 0.01;
const DARK = 3;
/** With fewer files one lost file is more than a program takes without asking. */
const FEW = 400;
/** The storage elements of the catalogue, by what the paths of their files in the dump begin with. */
const ELEMENTS: Readonly<Record<string, string>> = { prod: 'RAL-DST', buffer: 'RAL-BUFFER' };

export async function proveEnd(stage: ProofStage): Promise<Proved> {
  const proof = new Proof(stage);
  return proof.prove();
}

class Proof {
  private readonly stage: ProofStage;
  private readonly directory: string;
  private readonly violations: string[] = [];

  constructor(stage: ProofStage) {
    this.stage = stage;
    this.directory = path.join(stage.base, DIRECTORY);
  }

  async prove(): Promise<Proved> {
    const { scenario, submissions } = this.stage;
    mkdirSync(this.directory);
    const arrived = this.arrived();
    const lost = new Set(drawn(arrived, scenario.seed));
    const dark = Array.from({ length: DARK }, (_, index) => `prod/lhcb/LHCb/dark-${index}.dst`);
    this.write(
      'catalogue.txt',
      arrived.map((file) => `${elementOf(file)};${lfnOf(file)}`),
    );
    await this.compare(
      'first',
      arrived.filter((file) => !lost.has(file)),
      dark,
      '--into-todo',
      '--yes',
    );
    this.expect('first', lost, new Set(dark));
    const course = await this.stage.rounds();
    this.violations.push(...course.violations);
    const again = this.arrived();
    if (again.length !== arrived.length)
      this.violations.push(`${again.length} files have arrived in the end, ${arrived.length} had before`);
    await this.compare('second', again, []);
    this.expect('second', new Set(), new Set());
    await this.script('misc/audit');
    await this.manifest(again, lost);
    const isOfLost = (complaint: string): boolean => [...lost].some((file) => complaint.includes(lfnOf(file)));
    this.violations.push(...carriedTwice(submissions()).filter((complaint) => !isOfLost(complaint)));
    const bytes = again.reduce((sum, file) => sum + scenario.size(lfnOf(file)), 0);
    return {
      files: again.length,
      bytes,
      lost: lost.size,
      dark: dark.length,
      directory: DIRECTORY,
      violations: this.violations,
    };
  }

  /** The paths of what the servers have carried out, as a dump has them, sorted. */
  private arrived(): string[] {
    const files = this.stage
      .submissions()
      .flatMap(({ transfers }) => transfers.filter(({ state }) => state === 'FINISHED'))
      .map(({ destination }) => pathOf(destination));
    return [...new Set(files)].sort();
  }

  private async compare(
    name: string,
    files: readonly string[],
    dark: readonly string[],
    ...more: readonly string[]
  ): Promise<void> {
    const dump = [...files, ...dark].map((file) => `${file};;${this.stage.scenario.size(lfnOf(file))}`);
    this.write(`${name}.dump`, dump);
    // What has come to DONE/Okay since a dump was begun is expected in the next one.
    const time = new Date(1000 * Math.ceil(Date.now() / 1000)).toISOString().slice(0, 19);
    const catalogue = path.join(this.directory, 'catalogue.txt');
    await this.script('misc/compareDumps', [
      '--storage',
      path.join(this.directory, `${name}.dump`),
      '--dumped-at',
      time,
      '--campaign',
      '--catalogue',
      catalogue,
      '--catalogued-at',
      time,
      '--catalogue-before',
      catalogue,
      '--before-catalogued-at',
      time,
      '--out',
      path.join(this.directory, name),
      ...(files.length < FEW ? ['--force', 'a rehearsal of few files'] : []),
      ...more,
    ]);
  }

  /** It has each file once for each transfer that brought it, and each with the size that the storage has. */
  private async manifest(files: readonly string[], lost: ReadonlySet<string>): Promise<void> {
    const file = path.join(this.directory, MANIFEST);
    await this.script('misc/manifest', ['--out', file, '--sorted']);
    const rows = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split('\t'));
    const sizes = new Map(rows.map(([, , destination = '', size = '']) => [pathOf(destination), size]));
    const wrong = files.filter((each) => sizes.get(each) !== String(this.stage.scenario.size(lfnOf(each))));
    if (wrong.length > 0)
      this.violations.push(
        `the manifest has ${wrong.length} files not at all or with another size, such as ${wrong[0]}`,
      );
    if (rows.length !== files.length + lost.size)
      this.violations.push(`the manifest has ${rows.length} transfers, ${files.length + lost.size} have arrived`);
  }

  /** What was found is what was lost and what is dark. */
  private expect(name: string, lost: ReadonlySet<string>, dark: ReadonlySet<string>): void {
    const found = ['prod', 'buffer'].flatMap((base) => ({
      lost: this.lines(name, `lost-${ELEMENTS[base]}.list`).map((line) => `${base}${line.split(' ')[0]}`),
      dark: this.lines(name, `dark-${base}.list`).map((line) => line.split('\t')[0] ?? ''),
    }));
    this.same(
      `${name} comparison: lost`,
      lost,
      found.flatMap((each) => each.lost),
    );
    this.same(
      `${name} comparison: dark`,
      dark,
      found.flatMap((each) => each.dark),
    );
  }

  private same(what: string, wanted: ReadonlySet<string>, found: readonly string[]): void {
    const strange = found.filter((file) => !wanted.has(file));
    const lacking = [...wanted].filter((file) => !found.includes(file));
    if (strange.length > 0)
      this.violations.push(`${what}: ${strange.length} found that are not, such as ${strange[0]}`);
    if (lacking.length > 0) this.violations.push(`${what}: ${lacking.length} not found, such as ${lacking[0]}`);
  }

  private async script(program: string, args: readonly string[] = []): Promise<void> {
    const { exit, signal, warnings } = await this.stage.run(program, args);
    if (exit !== 0)
      this.violations.push(`${program} ended with ${signal ?? `status ${exit}`}: ${warnings[0] ?? 'it said nothing'}`);
  }

  private write(name: string, lines: readonly string[]): void {
    writeFileSync(path.join(this.directory, name), lines.map((line) => `${line}\n`).join(''));
  }

  /** A list that was not given has none. */
  private lines(directory: string, name: string): string[] {
    try {
      const text = readFileSync(path.join(this.directory, directory, name), 'utf8');
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    } catch (error) {
      this.violations.push(`${directory}/${name} cannot be read: ${(error as Error).message}`);
      return [];
    }
  }
}

/** `gsiftp://echo.example.org/lhcb:prod/lhcb/…` is `prod/lhcb/…` in the dump. */
const pathOf = (destination: string): string => destination.replace(/^.*?\/lhcb:/, '');

const elementOf = (file: string): string => ELEMENTS[file.split('/')[0] ?? ''] ?? '';

/** The same for the same seed; at least one. */
function drawn(files: readonly string[], seed: number): string[] {
  const few = files.filter((file) => chance(seed, 'lost by the storage', file) < SHARE_LOST);
  return few.length > 0 ? few : files.slice(0, 1);
}
