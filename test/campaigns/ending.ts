/**
 * ending: how a random campaign comes to its end.
 *
 * The servers behave, all clocks are right, a person does what the programs ask for, and they run until all is settled.
 * One thing they ask for is a credential: what was sent as one VO can be repeated as that VO alone, and looked at by
 * whoever sent it or is of that VO. So they run with a credential of each VO in turn, and until its turn comes exactly
 * those lists wait that need it, each of them named, with the VO.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cursor, pending, readBooks, type Books } from '../crash/books.js';
import { lists } from '../crash/scene.js';
import { run } from '../support/runProgram.js';
import type { Campaign } from './play.js';
import { PROGRAMS } from './stage.js';
import { LFN_LISTS, type World } from './world.js';

/** Some failures, each met by a run of consumer and monitor, of lists that go out one at a time. */
const MOST_ROUNDS = 100;
const BOTH_SERVERS = [50, 50] as const;
/** In DOING the lists of another VO must not keep out all others. */
const NO_LIMIT = 0;

export class Ending {
  private readonly campaign: Campaign;
  private readonly world: World;

  constructor(campaign: Campaign) {
    this.campaign = campaign;
    this.world = campaign.world;
  }

  async comes(): Promise<void> {
    const { operators, plan } = this.campaign;
    await operators.behave();
    this.world.wrongBy = 0;
    const settings = { ...plan.settings, weights: BOTH_SERVERS, canceled: 'retry', maxDoing: NO_LIMIT } as const;
    for (const vo of this.world.vos) {
      // A person says so: without it nothing is submitted to a server that got something under another VO first.
      this.world.settings({ ...settings, vo });
      this.world.logsIn({ whose: 'ours', vo });
      for (let round = 0; !this.isDone() || (round === 0 && this.waiting().length > 0); round += 1) {
        assert.ok(round < MOST_ROUNDS, `it does not settle: ${this.campaign.runs.said}`);
        await this.round();
      }
      this.saysWhatWaits();
    }
    assert.deepEqual(this.waiting(), [], 'what waits for another credential when all have had their turn');
  }

  private async round(): Promise<void> {
    this.campaign.removeCopies();
    for (const program of PROGRAMS) await this.campaign.run(program);
    await this.asked();
    // So long that a job that a server has forgotten is believed to be gone.
    this.world.passes(7200);
  }

  /** A person does what the monitor asks for: a job was cancelled, and then its server has forgotten it. */
  private async asked(): Promise<void> {
    const [, list] = /node dist\/misc\/requeue\.js (\S+\.txt)/.exec(this.campaign.runs.said) ?? [];
    if (list === undefined) return;
    const { exit, stdout, stderr } = await run('misc/requeue', { base: this.world.base, args: [list, '--yes'] });
    assert.equal(exit, 0, `misc/requeue ${list} ended with ${exit}:\n${stdout}${stderr}`);
  }

  /** Everything is cut, and what is not settled waits for another credential. */
  private isDone(): boolean {
    const { base } = this.world;
    const books = readBooks(base);
    // Comments at the end of a file are never cut.
    const isCut = (name: string): boolean =>
      readFileSync(join(base, name)).subarray(cursor(books, name)).toString().split('\n').every(isComment);
    const waiting = this.waiting().map(({ list }) => list);
    const open = [...lists(this.world, 'TODO'), ...lists(this.world, 'DOING')];
    return LFN_LISTS.every(isCut) && pending(books).length === 0 && open.every((list) => waiting.includes(list));
  }

  /** The lists that only a credential of another VO moves on, with that VO. */
  private waiting(): { list: string; vo: string }[] {
    const { vo } = this.world.credential;
    return openJobs(readBooks(this.world.base)).flatMap((job) => {
      if (job.vo === vo) return [];
      const owner = this.world.ownerOf(job.jobId);
      const isHidden = owner !== undefined && owner !== this.world.dn;
      return job.state === 'SUBMITTING' || isHidden ? [{ list: job.list, vo: job.vo }] : [];
    });
  }

  private saysWhatWaits(): void {
    const { last, said } = this.campaign.runs;
    for (const { list, vo } of this.waiting()) {
      const about = [...last.values()].flatMap(({ exit, stdout }) =>
        (JSON.parse(stdout) as { warnings: string[] }).warnings
          .filter((warning) => warning.includes(`"${list}"`) && warning.includes(`"${vo}"`))
          .map(() => exit),
      );
      assert.deepEqual(about, [3], `list ${list} waits for VO ${vo}, and this is said: ${said}`);
    }
  }
}

interface OpenJob {
  readonly list: string;
  readonly state: string;
  readonly vo: string;
  readonly jobId: string;
}

/** The latest jobs of the lists that FTS has, or may have. */
function openJobs(books: Books): OpenJob[] {
  return (books['list'] ?? []).flatMap(({ name, state, attempt }) => {
    const job = (books['job'] ?? []).find((row) => row['list'] === name && row['attempt'] === attempt);
    const isOpen = state === 'SUBMITTING' || state === 'SUBMITTED';
    return !isOpen || job === undefined
      ? []
      : [{ list: String(name), state, vo: String(job['vo']), jobId: String(job['job_id']) }];
  });
}

const isComment = (line: string): boolean => /^\ufeff?\s*(#|$)/.test(line);
