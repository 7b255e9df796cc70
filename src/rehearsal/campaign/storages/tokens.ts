/**
 * tokens: a route whose files are copied with tokens of their storages: the first are refused by an issuer, and
 * auth.renew_command has no others; a person puts others there, and when those come to their end the command renews
 * them.
 *
 * The tokens are made up and open nothing: the rehearsal server looks at their claims, and nobody at their signatures.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Outcome, RehearsalServer } from '../../server/options.js';
import type { ProgramEnd } from '../programs.js';
import { bounded, exactly, finishedIn, type PartCheck, type Part, type PartContext } from './part.js';

const MAX_DOING = 3;
const [HOUR, MINUTE] = [3600, 60];
/** In the campaign: the programs read tokens from the one; auth.renew_command fetches new ones from the other. */
const [DIRECTORY, RENEWED] = ['tokens', 'renewed'] as const;

/** In the order in which they are there. */
type Which = 'refused' | "person's" | 'short' | 'renewed';

interface Pair {
  readonly source: string;
  readonly destination: string;
}

export class Tokens implements Part {
  readonly name = 'tokens';
  readonly title = 'A route with tokens of its storages, davs://dcache.example.org';
  readonly source = 'davs://dcache.example.org/pnfs/example.org/lhcb';
  readonly destination = 'davs://eos.example.org/eos/lhcb/grid/prod';
  readonly settings = [
    `max_doing = ${MAX_DOING}`,
    `source_token_file = "${DIRECTORY}/source.token"`,
    `destination_token_file = "${DIRECTORY}/destination.token"`,
  ];
  /** For [auth]. */
  readonly renewCommand = `cp ${RENEWED}/*.token ${DIRECTORY}/`;
  readonly lines: readonly string[];
  private readonly world: PartContext;
  private readonly tokens: Readonly<Record<Which, Pair>>;
  private stage: 'refused' | 'waits' | "person's" | 'short' = 'refused';
  private runsThatWaited = 0;

  constructor(world: PartContext, lfns: readonly string[]) {
    this.world = world;
    this.lines = lfns;
    const pair = (which: string, seconds: number): Pair => ({
      source: storageToken(`${which}, source`, seconds),
      destination: storageToken(`${which}, destination`, seconds),
    });
    this.tokens = {
      refused: pair('refused', 12 * HOUR),
      "person's": pair('of a person', 12 * HOUR),
      short: pair('short', 30 * MINUTE),
      renewed: pair('renewed', 12 * HOUR),
    };
    this.put('refused', DIRECTORY);
  }

  fate(): ReturnType<Part['fate']> {
    return { kind: 'works' };
  }

  outcome(): Outcome {
    return { state: 'FINISHED', seconds: 6, size: 4711 };
  }

  begin(servers: readonly RehearsalServer[]): void {
    for (const server of servers)
      server.refuseToken(this.tokens.refused.source, '[invalid_grant]: Subject token not allowed: eyJhb...1aCfA');
  }

  beforeProgram(program: string): void {
    if (program !== 'consumer') return;
    if (this.stage === 'waits') {
      this.put("person's", DIRECTORY);
      this.stage = "person's";
      this.world.say('a person puts other tokens there');
    } else if (this.stage === "person's" && 2 * finishedIn(this.world.jobs(this)) >= this.lines.length) {
      this.put('short', DIRECTORY);
      this.put('renewed', RENEWED);
      this.stage = 'short';
      this.world.say('hours pass: 30 minutes are left of them');
    }
  }

  afterProgram({ program, warnings }: ProgramEnd): void {
    if (program !== 'consumer' || !warnings.some((warning) => this.isExplained(warning))) return;
    this.runsThatWaited += 1;
    this.stage = 'waits';
    this.world.say('an issuer does not exchange the first tokens; the lists wait');
  }

  isExplained(warning: string): boolean {
    return this.stage === 'refused' && /could not exchange/.test(warning);
  }

  checks(): PartCheck[] {
    const sent = (which: Which): number =>
      this.world.requests().filter((body) => body.includes(this.tokens[which].source)).length;
    const failed = this.world.jobs(this).filter(({ state }) => state === 'FAILED').length;
    return [
      bounded(1, MAX_DOING, sent('refused'), 'of its jobs sent with the tokens that an issuer refused'),
      exactly(sent('refused'), failed, 'of its jobs failed for that, and none was sent with them again'),
      bounded(1, Infinity, this.runsThatWaited, 'of the runs said so and kept the other lists in TODO'),
      bounded(1, Infinity, sent("person's"), "of its jobs sent with the person's tokens"),
      exactly(0, sent('short'), 'of its jobs sent with the last half hour of those'),
      bounded(1, Infinity, sent('renewed'), 'of its jobs sent with those that auth.renew_command made'),
      exactly(this.lines.length, finishedIn(this.world.jobs(this)), 'files brought in the end'),
      exactly(0, this.shown(), 'files of the campaign show a token'),
    ];
  }

  /** Files in which the middle of a token stands, but for those that are there for it. */
  private shown(): number {
    const secrets = Object.values(this.tokens)
      .flatMap((pair: Pair) => [pair.source, pair.destination])
      .map((token) => token.split('.')[1] ?? '');
    return readdirSync(this.world.base, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.endsWith('.token'))
      .map((name) => path.join(this.world.base, name))
      .filter((file) => statSync(file).isFile())
      .filter((file) => secrets.some((secret) => readFileSync(file, 'latin1').includes(secret))).length;
  }

  private put(which: Which, directory: string): void {
    const absolute = path.join(this.world.base, directory);
    mkdirSync(absolute, { recursive: true });
    for (const [side, token] of Object.entries(this.tokens[which]))
      writeFileSync(path.join(absolute, `${side}.token`), token);
  }
}

const storageToken = (jti: string, seconds: number): string =>
  madeUpToken({ jti, aud: 'https://example.org/', scope: 'offline_access storage.read:/ storage.modify:/' }, seconds);

/** A token that nobody has signed, which ends so many seconds from now. */
export function madeUpToken(claims: object, seconds: number): string {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const usual = { iss: 'https://iam.example.org/', sub: 'rehearsal', nbf: 0, exp };
  return `${part({ alg: 'RS256' })}.${part({ ...usual, ...claims })}.${Buffer.from('nobody').toString('base64url')}`;
}
