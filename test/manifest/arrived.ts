/** arrived: campaigns of which something has arrived, for the tests of manifests, and what a manifest of them says. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { Campaign, choice, listName, type Ran } from '../support/campaign.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { run, type Outcome } from '../support/runProgram.js';

export const [ONE, TWO, THREE] = [listName(1), listName(2), listName(3)];
export const SIZE = 4711;

/** A campaign whose jobs finish when it says so: what has "fails" in its name at the second attempt only. */
export class Arriving {
  readonly campaign: Campaign;
  private readonly later: { ms: number };

  private constructor(campaign: Campaign, later: { ms: number }) {
    this.campaign = campaign;
    this.later = later;
  }

  static async begin(): Promise<Arriving> {
    const later = { ms: -7_200_000 };
    const server = await rehearsalServer('RAL', {
      now: () => Date.now() + later.ms,
      script: ({ source, attempt }) =>
        /fails/.test(source) && attempt === 1
          ? { state: 'FAILED', seconds: 60, reason: 'TRANSFER [110] Connection timed out' }
          : { state: 'FINISHED', seconds: 60, size: SIZE },
    });
    return new Arriving(new Campaign([choice(server)]), later);
  }

  /** Lists with these LFNs: to FTS, and what has finished to DONE. */
  async carry(lists: Readonly<Record<string, readonly string[]>> = {}): Promise<void> {
    for (const [name, lfns] of Object.entries(lists)) this.campaign.put('TODO', name, lfns);
    await this.campaign.run('consumer', 0, ['--lists', '100']);
    this.later.ms += 1_200_000;
    await this.campaign.run('monitor', 0);
  }
}

/** A line of a manifest, by its columns. */
export type Line = Readonly<Record<string, string>>;

export interface Made {
  readonly ran: Ran;
  /** What is to be read of it by machines. */
  readonly told: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly lines: readonly Line[];
  readonly of: (lfn: string) => Line;
}

/** Makes one, and looks at its seal as a person would with sha256sum. */
export async function manifestOf(campaign: Campaign, exit: number, ...args: readonly string[]): Promise<Made> {
  const name = args.find((arg) => arg.includes('.tsv')) ?? 'manifest.tsv';
  const file = campaign.path(name);
  const rest = args.filter((arg) => arg !== name);
  const ran = await campaign.run('misc/manifest', exit, ['--out', file, ...rest]);
  const bytes = readFileSync(file);
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const all = text.split('\n').slice(0, -1);
  const [header = '', seal = ''] = [all[0], all.at(-1)];
  const body = all.slice(1, -1);
  const columns = header.replace('# ', '').split('\t');
  const lines = body.map((line) => Object.fromEntries(line.split('\t').map((value, at) => [columns[at] ?? '', value])));
  const sizes = lines.map(({ size }) => (size === '-' ? 0 : Number(size)));
  const hash = createHash('sha256')
    .update(text.slice(0, -seal.length - 1))
    .digest('hex');
  const bytesOf = sizes.reduce((sum, size) => sum + size, 0);
  assert.equal(seal, `# ${lines.length} transfers, ${bytesOf} bytes, sha256 ${hash}`);
  const told = (ran as unknown as { manifest: Record<string, unknown> }).manifest;
  assert.equal(told['sha256'], hash);
  const of = (lfn: string): Line => {
    const found = lines.filter((line) => line['lfn'] === lfn);
    assert.equal(found.length, 1, `${lfn} stands in ${found.length} lines`);
    return found[0] ?? {};
  };
  return { ran, told, text, lines, of };
}

/** As a person starts it; whatever it ends with. */
export const started = (campaign: Campaign, ...args: readonly string[]): Promise<Outcome> =>
  run('misc/manifest', { base: campaign.base, env: campaign.env, args: ['--base', campaign.base, ...args] });
