/**
 * existing: looks at destinations of which FTS has said that they exist: is the right file there?
 * (monitor.adopt_existing)
 *
 *     for each transfer of a final job that failed only so, so many a run:
 *       a copy of an earlier attempt may be going on          its list stays
 *       a job of somebody else writes there (any server)      its list stays
 *       FTS has reported what stands there (to tape alone)    rules/existing.ts; of a line without a checksum the source is asked
 *       what stands there?                                    storages/proof.ts
 *
 * What follows is for rules/sortLines.ts: the list stays in DOING until all of them are told.
 */
import { parseList, type ListLine } from '../lists/list.js';
import { storedUrl } from '../lists/url.js';
import { UsageError } from '../errors.js';
import { failedAsExisting, fitsReport, onceThere, type Existing, type Report } from '../rules/existing.js';
import { match } from '../rules/match.js';
import { knownSent } from '../rules/sent.js';
import type { Run } from '../run/program.js';
import { wholeJobs, type SubmittedList } from '../servers/look.js';
import { reasonOf, type Servers } from '../servers/servers.js';
import { copiedUntil } from '../storages/found.js';
import { forEach } from '../storages/gfal.js';
import { prove, type Proof } from '../storages/proof.js';
import { plural } from '../text/words.js';
import type { SeenList } from './judge.js';

/** What was found, by the `file_index` of a job. */
export type ExistingFiles = ReadonlyMap<number, Existing>;

/** Each costs a process or two, and a run may not take for ever. */
const MOST_A_RUN = 500;
const [PARALLEL, TIMEOUT_SECONDS] = [8, 60];

interface Question {
  readonly list: string;
  readonly jobId: string;
  readonly index: number;
  readonly line: ListLine;
  readonly report: Report | null;
}

export class ExistingDestinations {
  private readonly run: Run;
  private readonly servers: Servers;
  private left = MOST_A_RUN;
  private isWithoutGfal = false;

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
  }

  /** Is there something to be looked at before this list is settled? */
  concerns([, { files }]: SeenList): boolean {
    return this.run.settings.monitor.adopt_existing === true && files?.some(failedAsExisting) === true;
  }

  /** By list. Of those about which nothing can be asked, as gfal2 is not installed, there is nothing. */
  async look(lists: readonly SeenList[]): Promise<ReadonlyMap<string, ExistingFiles>> {
    const { env, mustStop } = this.run;
    const found = new Map<string, Map<number, Existing>>(lists.map(([{ list }]) => [list.name, new Map()]));
    const reported = await this.reported(lists);
    const questions = lists.flatMap((seen) => this.questions(reported.get(seen[0]) ?? seen));
    const put = ({ list, index }: Question, existing: Existing): unknown => found.get(list)?.set(index, existing);
    for (const each of questions) put(each, { kind: 'waits', why: 'the next run looks at it' });
    const asked = questions.splice(0, this.left);
    this.left -= asked.length;
    const tell = async (question: Question): Promise<void> => {
      const why = await this.whyNotYet(question);
      const options = { timeoutSeconds: TIMEOUT_SECONDS, env };
      put(
        question,
        why === null
          ? existingOf(await prove(question.line, options, question.report), question.report)
          : { kind: 'waits', why },
      );
    };
    // What FTS has told needs no gfal2, and is told without it as well.
    const isTold = ({ report, line }: Question): boolean => report !== null && line.checksum !== undefined;
    await forEach(asked.filter(isTold), { parallel: PARALLEL, mustStop }, tell);
    const left = asked.filter((each) => !isTold(each));
    try {
      await forEach(left, { parallel: PARALLEL, mustStop }, tell);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const untold = [...left, ...questions];
      this.sayWithoutGfal(error.message, untold.length);
      for (const { list, index } of untold) found.get(list)?.delete(index);
    }
    return found;
  }

  /** The lists that go to tape, with what FTS reports of their destinations: nothing of those that it cannot be asked about. */
  private async reported(lists: readonly SeenList[]): Promise<ReadonlyMap<SubmittedList, SeenList>> {
    const found = new Map<SubmittedList, SeenList>();
    const toTape = lists.filter(([, { archiveTimeout }]) => (archiveTimeout ?? -1) > 0);
    for (const endpoint of new Set(toTape.map(([{ job }]) => job.endpoint))) {
      const session = await this.servers.session(endpoint);
      const own = toTape.map(([submitted]) => submitted).filter(({ job }) => job.endpoint === endpoint);
      try {
        if (session === null) continue;
        for (const [submitted, job] of await wholeJobs(session, own)) found.set(submitted, [submitted, job]);
      } catch (error) {
        // Whether it can be asked who writes there decides about these lists.
        reasonOf(error);
      }
    }
    return found;
  }

  private questions([{ list, job: row }, job]: SeenList): Question[] {
    const read = this.run.spool.read('DOING', list.name);
    // That it cannot be read is said where it is settled.
    if ('why' in read) return [];
    const files = new Map((job.files ?? []).map((file) => [file.index, file.report]));
    const { matched } = match(parseList(read.bytes).transfers, job.files ?? [], knownSent(row, job.metadata));
    return matched
      .filter(({ file }) => failedAsExisting(file))
      .map(({ line, file }) => {
        const report = files.get(file.index) ?? null;
        const isFit = report !== null && fitsReport(report, line.checksum);
        return { list: list.name, jobId: row.jobId, index: file.index, line, report: isFit ? report : null };
      });
  }

  /** What stands there may not be whole yet. */
  private async whyNotYet({ list, jobId, line }: Question): Promise<string | null> {
    const until = copiedUntil(this.run, list);
    if (until !== null) return `an earlier copy of it may be going on until ${new Date(until).toISOString()}`;
    for (const { endpoint, name } of this.servers.all()) {
      const session = await this.servers.session(endpoint);
      if (session === null) return `${name} cannot be asked who writes there`;
      try {
        const [other] = (await session.client.unfinishedFiles(storedUrl(line.destination))).filter(
          (file) => file.jobId !== jobId,
        );
        if (other !== undefined) return `job ${other.jobId} at ${name} writes there`;
      } catch (error) {
        return `${name} cannot be asked who writes there: ${reasonOf(error)}`;
      }
    }
    return null;
  }

  private sayWithoutGfal(why: string, transfers: number): void {
    if (!this.isWithoutGfal)
      this.run.summary.needsAttention(
        `${plural(transfers, 'destination')} that exist already could not be looked at: ${why}; nothing was guessed`,
      );
    this.isWithoutGfal = true;
  }
}

function existingOf(proof: Proof, report: Report | null): Existing {
  switch (proof.kind) {
    case 'same':
      return report === null ? { kind: 'same', by: 'gfal-sum' } : onceThere(report);
    case 'different':
      return proof;
    case 'missing':
      return { kind: 'gone' };
    case 'unknown':
      return { kind: proof.isLacking === true ? 'untold' : 'waits', why: proof.reason };
  }
}
