/**
 * auditing: a campaign in which something stands everywhere, made by the real programs, and what an audit says of it.
 */
import Sqlite from 'better-sqlite3';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import { endJob, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice } from '../support/campaign.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

export interface Finding {
  readonly kind: string;
  readonly message: string;
  readonly lfn?: string;
  readonly lfnList?: string;
  readonly line?: number;
  readonly lists?: readonly string[];
}

export interface Audit {
  readonly exit: number;
  readonly text: string;
  readonly cut: number;
  readonly okay: number;
  readonly bad: number;
  readonly doing: number;
  readonly todo: number;
  readonly duplicates: number;
  readonly badLines: number;
  readonly balanced: boolean;
  readonly clean: boolean;
  readonly byHand: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** What an audit of this base directory says. */
export async function auditOf(base: string, ...args: readonly string[]): Promise<Audit> {
  const { exit, stdout, stderr } = await runUnharmed('misc/audit', { base, args: ['--json', ...args] });
  const { audit } = JSON.parse(stdout) as { audit?: Omit<Audit, 'exit' | 'text'> };
  if (audit === undefined || exit === null) throw new Error(`audit ended with ${exit}:\n${stdout}${stderr}`);
  return { ...audit, exit, text: stdout };
}

/** Every stage of a campaign, made by the real programs; `at` is called after each. */
export async function wholeCampaign(at: (stage: string, campaign: Campaign) => Promise<void>): Promise<Campaign> {
  const server = await rehearsalServer('RAL');
  const settings = { producer: { lfns_per_list: 5 }, monitor: { max_failures: 0 } };
  const campaign = new Campaign([choice(server)], settings);
  await at('new', campaign);

  const lfns = Array.from({ length: 34 }, (_, index) => `/lhcb/MC/2018/${String(index).padStart(3, '0')}.dst`);
  campaign.lfns('a.list', ['# made by hand', ...lfns.slice(0, 3), lfns[1] ?? '', 'no LFN', '', ...lfns.slice(3)]);
  campaign.lfns('b.list', ['/lhcb/data/één.raw', 'LFN:/lhcb/data/2.raw  ADLER32:0a1b2c3d  17', '# the end']);
  await campaign.run('producer', 0, ['--lists', '9']);
  await at('cut', campaign);

  await campaign.run('consumer', 0, ['--lists', '6']);
  await at('submitted', campaign);

  const [finished, dirty, failed, missing] = campaign.lists('DOING');
  const end = (list: string | undefined, states: readonly (readonly [string, string?])[]): void =>
    endJob(server, campaign.job(server, list ?? '').jobId, states);
  end(finished, []);
  end(dirty, [
    ['FAILED', 'SOURCE [2] No such file or directory'],
    ['FAILED', 'TRANSFER [110] Connection timed out'],
    ['CANCELED', 'somebody did'],
  ]);
  const failure: readonly [string, string] = ['FAILED', 'TRANSFER [110] Connection timed out'];
  end(
    failed,
    Array.from({ length: 5 }, () => failure),
  );
  end(missing, [failure]);
  await campaign.run('monitor', 0);
  await at('settled', campaign);

  await campaign.run('consumer', 0, ['--lists', '2']);
  await at('submitted again', campaign);
  return campaign;
}

/** The same campaign once more, to be damaged. */
export function copyOf(campaign: Campaign): string {
  const base = join(temporaryDirectory(), 'copy');
  cpSync(campaign.base, base, { recursive: true });
  return base;
}

/** Changes the database of a copy. */
export function leave(base: string, sql: string, ...values: unknown[]): void {
  const db = new Sqlite(join(base, 'sqlite_c2e.db'));
  try {
    db.prepare(sql).run(...values);
  } finally {
    db.close();
  }
}
