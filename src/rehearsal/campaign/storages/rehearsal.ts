/**
 * rehearsal: moves files over a tape source, a route with tokens, a half-filled destination and a storage that breaks
 * and comes back.
 *
 *     for each of its two campaigns:
 *       move the files of its parts, round after round (campaign.ts), while each part makes its storages behave
 *       account for every LFN; ask each part whether what must come of it has come (`checks`)
 *
 * It is two campaigns, as FTS takes no tokens for tape (seen on FTS3 3.13): one that logs in with a certificate (over
 * http on loopback: without any), and one that logs in with a token, over https.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Account } from '../account.js';
import type { CampaignProgress } from '../driver.js';
import { rehearsalLfns } from '../lfns.js';
import { StoragesCampaign, type CampaignOptions, type Moved } from './campaign.js';
import { selfSigned } from './certificate.js';
import { HalfFilled } from './halfFilled.js';
import { Tape } from './tape.js';
import { madeUpToken, Tokens } from './tokens.js';
import { Weak } from './weak.js';

export interface StoragesEnded {
  readonly lfns: number;
  readonly seed: number;
  readonly seconds: number;
  readonly campaigns: readonly Moved[];
}

/** So many lists, however many LFNs there are. */
const LISTS = 50;
/** The rest are of the route with tokens. */
const SHARES = { tape: 0.3, half: 0.3, weak: 0.2 } as const;
const HOURS_OF_LOGIN = 12;

export class StoragesRehearsal {
  private readonly base: string;
  private readonly size: { readonly lfns: number; readonly seed: number };
  private readonly watch: (progress: CampaignProgress) => void;
  private readonly say: (text: string) => void;
  private campaign: StoragesCampaign | null = null;
  /** By the campaign before this one. */
  private moved: Account | null = null;
  private interrupted = false;

  /** `base` is there and empty. `say`: a line of the story. */
  constructor(
    base: string,
    size: StoragesRehearsal['size'],
    watch: (progress: CampaignProgress) => void,
    say: (text: string) => void,
  ) {
    this.base = base;
    this.size = size;
    this.watch = watch;
    this.say = say;
  }

  /** Null if it was interrupted. */
  async run(): Promise<StoragesEnded | null> {
    const started = Date.now();
    const { lfns, seed } = this.size;
    const count = (part: keyof typeof SHARES): number => Math.round(lfns * SHARES[part]);
    const all = rehearsalLfns(lfns - count('tape'));
    const [half, weak] = [all.splice(0, count('half')), all.splice(0, count('weak'))];
    const byCertificate = await this.storages(count('tape'), half, weak);
    if (byCertificate === null || this.interrupted) return null;
    this.moved = byCertificate.account;
    const byToken = await this.tokens(all);
    if (byToken === null || this.interrupted) return null;
    const campaigns = [byCertificate, byToken];
    return { lfns, seed, seconds: (Date.now() - started) / 1000, campaigns };
  }

  interrupt(): void {
    this.interrupted = true;
    this.campaign?.interrupt();
  }

  private async storages(tape: number, half: readonly string[], weak: readonly string[]): Promise<Moved | null> {
    this.say('storages/: routes tape, half and weak; bin/ has stand-ins for gfal-stat and gfal-sum');
    const bin = path.join(this.base, 'bin');
    const campaign = this.begin('storages', {
      servers: ['RAL', 'CERN'],
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    });
    const halfFilled = new HalfFilled(campaign.world, half);
    writeStandIns(bin, halfFilled.storage());
    const parts = [
      new Tape(campaign.world, tape, this.lfnsPerList()),
      halfFilled,
      new Weak(campaign.world, weak, this.lfnsPerList()),
    ];
    return campaign.move(parts, []);
  }

  private async tokens(lfns: readonly string[]): Promise<Moved | null> {
    this.say('tokens/: route tokens, with a login by token, for which FTS reads no tape');
    const { cert, key } = selfSigned();
    const login = madeUpToken({ aud: 'fts', scope: 'fts' }, HOURS_OF_LOGIN * 3600);
    const campaign = this.begin('tokens', {
      servers: ['CNAF'],
      serving: { tls: { cert, key, ca: cert } },
      env: { BEARER_TOKEN: login },
    });
    writeFileSync(path.join(campaign.world.base, 'ca.pem'), cert);
    const part = new Tokens(campaign.world, lfns);
    const fts = ['[fts]', 'auth = "token"', `ca_directory = ${JSON.stringify(campaign.world.base)}`];
    return campaign.move([part], [...fts, '', '[auth]', `renew_command = "${part.renewCommand}"`]);
  }

  private begin(name: string, options: Pick<CampaignOptions, 'servers' | 'serving' | 'env'>): StoragesCampaign {
    const { say } = this;
    const before = this.moved;
    const watch = (progress: CampaignProgress): void =>
      this.watch({
        ...progress,
        okay: progress.okay + (before?.okay ?? 0),
        bad: progress.bad + (before?.bad.length ?? 0),
      });
    const { seed } = this.size;
    const base = path.join(this.base, name);
    this.campaign = new StoragesCampaign({ base, seed, lfnsPerList: this.lfnsPerList(), watch, say, ...options });
    if (this.interrupted) this.campaign.interrupt();
    return this.campaign;
  }

  private lfnsPerList(): number {
    return Math.ceil(this.size.lfns / LISTS);
  }
}

/**
 * Writes gfal-stat and gfal-sum, which answer from a table (`files`: URL, size and ADLER32, with tabs between them) in
 * the words of gfal2-util 1.8: whoever rehearses need not have gfal2, and no storage is to be asked.
 */
function writeStandIns(directory: string, files: string): void {
  mkdirSync(directory);
  writeFileSync(path.join(directory, FILES), files);
  for (const [command, found] of Object.entries(STAND_INS)) {
    const file = path.join(directory, command);
    writeFileSync(file, standIn(command, found));
    chmodSync(file, 0o755);
  }
}

const FILES = 'files.tsv';
/** What each prints of a row of the table, as awk says it. */
const STAND_INS = {
  'gfal-stat': String.raw`printf "  File: %s\n  Size: %s\tregular file\n", $1, $2`,
  'gfal-sum': 'print $1, $3',
} as const;

const standIn = (command: string, found: string): string => String.raw`#!/bin/sh
# A stand-in of a rehearsal: it asks no storage, but the table beside it.
[ "$1" = -t ] && shift 2
exec awk -F '\t' -v url="$1" '
  $1 == url { ${found}; known = 1 }
  END {
    if (known) exit 0
    print "${command} error: 2 (No such file or directory) - the rehearsal has no such file" > "/dev/stderr"
    exit 2
  }' "$(dirname "$0")/${FILES}"
`;
