/**
 * scene: a small campaign with two rehearsal servers, at a moment from which it can be played again and again.
 *
 * What becomes of a transfer stands in its LFN: `…/okay` finishes, `…/gone` has no source, `…/again` fails the first
 * time, `…/stubborn` always, `…/denied` is refused by its destination the first time, `…/slow` goes on the first time
 * until it is cancelled, `…/canceled` is cancelled, `…/stopped` the first time; a job with `…/refused` is refused with
 * 400. `keep` saves the files and what the servers were asked to carry; each `play` begins there, with servers of its
 * own, so that no run sees what another has done.
 */
import Sqlite from 'better-sqlite3';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type {
  Fault,
  HistoryEntry,
  Outcome,
  RehearsalServer,
  ScriptedTransfer,
} from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import type { RunOptions } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { DATABASE } from './books.js';
import { changesJobs } from './requests.js';

export const SERVERS = ['RAL', 'CERN'] as const;
export const LFN_LIST = 'TODO/ListOfLFNs/input.list';
export const SOURCE = 'srm://castor.example.org:8443/srm?SFN=/prod';
export const DESTINATION = 'gsiftp://echo.example.org/lhcb:prod';

/** A line of a list. */
export const transferLine = (lfn: string): string => `${SOURCE}${lfn}  ${DESTINATION}${lfn}`;

/** What is special about the campaign of a scene. */
export interface Traits {
  /** New lists go to the first server only, so that the lists of one batch stay together. */
  readonly oneServer: boolean;
  /** What the settings say of cancelled jobs; by default nothing. */
  readonly canceled?: 'retry';
  /** The first server is down for good from the moment on that is kept. */
  readonly firstIsGone?: boolean;
  /** What may still be copied is held; each time that time passes, the hold is over. */
  readonly holds?: boolean;
}

export interface Scene extends Traits {
  readonly base: string;
  readonly servers: readonly RehearsalServer[];
  /** Sources of transfers that a person wrote into a list: they count as cut. */
  readonly byHand: string[];
  stop(): Promise<void>;
}

/** A new campaign: settings and one LFN list, nothing else. */
export async function newScene(lines: readonly string[], traits: Partial<Traits> = {}): Promise<Scene> {
  const scene = await withServers(temporaryDirectory(), { oneServer: false, ...traits, byHand: [] });
  mkdirSync(join(scene.base, 'TODO/ListOfLFNs'), { recursive: true });
  writeFileSync(join(scene.base, LFN_LIST), lines.map((line) => `${line}\n`).join(''));
  writeSettings(scene);
  return scene;
}

/** A moment of a scene. */
export interface Moment {
  play(): Promise<Scene>;
}

/** Keeps this moment, and ends the scene. With `archived` the jobs have left the live tables when it is played. */
export async function keep(scene: Scene, archived = false): Promise<Moment> {
  const obeyed = scene.servers.map(obeyedRequests);
  await scene.stop();
  return momentOf(scene, obeyed, archived);
}

/** The submissions and cancellations that a server took, the oldest first. */
export const obeyedRequests = ({ history }: RehearsalServer): HistoryEntry[] =>
  history.filter(({ method, path, status }) => changesJobs(method, path) && status === 200);

/** The moment in which a base directory looked like this, and the servers had obeyed these requests. */
export function momentOf(
  scene: Pick<Scene, 'base' | 'servers' | 'byHand' | keyof Traits>,
  obeyed: readonly (readonly HistoryEntry[])[],
  archived = false,
): Moment {
  return {
    play: async () => {
      const base = temporaryDirectory();
      cpSync(scene.base, base, { recursive: true });
      const played = await withServers(base, scene);
      writeSettings(played);
      await repeat('POST', played, obeyed);
      for (const [index, server] of played.servers.entries()) renameEndpoint(base, server, scene.servers[index]?.url);
      later(played);
      // What had finished before it was cancelled has finished now as well.
      await repeat('DELETE', played, obeyed);
      later(played);
      if (archived) for (const server of played.servers) server.archive();
      if (scene.firstIsGone === true) await played.servers[0]?.down();
      return played;
    },
  };
}

/** Time passes: whatever the servers carry ends, and a half-taken lease is no longer a fresh one. */
export function later(scene: Scene): void {
  ageLeases(scene.base);
  if (scene.holds === true) change(scene, 'UPDATE list SET hold_until = 1 WHERE hold_until IS NOT NULL');
  for (const server of scene.servers) {
    server.advance(60);
    for (const { jobId, transfers } of server.submissions)
      for (const { index, source, state } of transfers)
        if (isToStop(scene, source) && state !== 'CANCELED')
          server.setFile(jobId, index, 'CANCELED', 'Job canceled by the user');
  }
}

function isToStop({ servers }: Scene, source: string): boolean {
  if (!source.endsWith('/stopped')) return source.endsWith('/canceled');
  const all = servers.flatMap((server) => server.submissions.flatMap(({ transfers }) => transfers));
  return !all.some((transfer) => transfer.source === source && transfer.state === 'CANCELED');
}

/** Runs a program that must end with 0, or as it may; nothing is to befall it. */
export async function runWell(
  program: string,
  scene: Scene,
  options: Pick<RunOptions, 'args' | 'env'> = {},
  mayEndWith: readonly number[] = [0],
): Promise<void> {
  const { exit, signal, stdout, stderr } = await runUnharmed(program, { base: scene.base, ...options });
  if (exit === null || !mayEndWith.includes(exit))
    throw new Error(
      `${program} ended with ${exit ?? signal} instead of ${mayEndWith.join(' or ')}:\n${stdout}${stderr}`,
    );
  later(scene);
}

/** The lists in a place, sorted. */
export function lists(scene: Scene, place: string): string[] {
  const directory = join(scene.base, place);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => name.endsWith('.txt') && !name.startsWith('.')).sort();
}

/** Changes the database as years of use, or a person, would have. */
export function change(scene: Scene, sql: string): void {
  const db = new Sqlite(join(scene.base, DATABASE));
  db.exec(sql);
  db.close();
}

/** Removes a scene from the disk once nobody looks at it any more: an exhaustive proof plays thousands. */
export async function discard(scene: Scene): Promise<void> {
  await scene.stop();
  rmSync(scene.base, { recursive: true, force: true });
}

/** A lease that was taken and never held is free ten seconds later: a test does not wait for them. */
export function ageLeases(base: string): void {
  const directory = join(base, '.lease');
  const past = Date.now() / 1000 - 60;
  if (existsSync(directory))
    for (const number of readdirSync(directory)) utimesSync(join(directory, number), past, past);
}

const running = new Set<Scene>();

/** Stops the servers of every scene that a failure has left, or the process would not end. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((scene) => scene.stop()));
}

const REFUSED: Fault = {
  name: 'refused',
  does: 'status',
  status: 400,
  when: ({ method, path, body }) => method === 'POST' && path === '/jobs' && body.includes('/refused"'),
};

/** Workers see at once that a transfer is cancelled. */
const TIME_SCALE = 100;

/**
 * A loopback address that this process has for itself. The port of a server that is down goes to the next server that
 * asks for one: that of a scene beside this one would answer in its place.
 */
const OWN_ADDRESS = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;

async function withServers(base: string, like: Pick<Scene, 'byHand' | keyof Traits>): Promise<Scene> {
  const host = like.firstIsGone === true ? OWN_ADDRESS : '127.0.0.1';
  const options = { script: scripted(), faults: [REFUSED], timeScale: TIME_SCALE, host };
  const servers = await Promise.all(SERVERS.map((name) => startRehearsalServer({ name, ...options })));
  const scene: Scene = {
    ...like,
    base,
    servers,
    byHand: [...like.byHand],
    stop: async () => {
      running.delete(scene);
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
  running.add(scene);
  return scene;
}

/** Longer than any scene is played. */
const FOR_EVER = TIME_SCALE * 7 * 86_400;

/** The attempts are counted over both servers, as a list may go to either. */
function scripted(): (transfer: ScriptedTransfer) => Outcome {
  const attempts = new Map<string, number>();
  return ({ source }) => {
    const attempt = (attempts.get(source) ?? 0) + 1;
    attempts.set(source, attempt);
    if (source.endsWith('/gone')) return { state: 'FAILED', reason: 'SOURCE [2] 500 No such file or directory' };
    if (source.endsWith('/denied') && attempt === 1)
      return { state: 'FAILED', reason: 'DESTINATION [13] Permission denied' };
    if (source.endsWith('/slow') && attempt === 1) return { state: 'FINISHED', seconds: FOR_EVER };
    const fails = source.endsWith('/stubborn') || (source.endsWith('/again') && attempt === 1);
    return fails ? { state: 'FAILED', reason: 'TRANSFER [5] Input/output error' } : { state: 'FINISHED' };
  };
}

function writeSettings({ base, servers, oneServer, canceled, firstIsGone, holds }: Scene): void {
  const weight = (index: number): number => (oneServer && index > 0 ? 0 : 50);
  const tables = servers.map(
    ({ name, url }, index) => `[[fts.server]]\nname = "${name}"\nendpoint = "${url}"\nweight = ${weight(index)}\n`,
  );
  const route = `[[route]]\nmatch = "*"\nsource = "${SOURCE}"\ndestination = "${DESTINATION}"\n`;
  const monitor = [
    '[monitor]\n',
    canceled === undefined ? '' : `canceled = "${canceled}"\n`,
    // What is abandoned is held for an hour, which would not go by here.
    firstIsGone === true && holds !== true ? 'quarantine_minutes = 0\n' : '',
  ];
  writeFileSync(join(base, 'castor2echo.toml'), [route, ...tables, ...monitor].join(''));
}

/** What was obeyed before is obeyed again: the same body makes the same job id. */
async function repeat(what: string, scene: Scene, obeyed: readonly (readonly HistoryEntry[])[]): Promise<void> {
  for (const [index, server] of scene.servers.entries())
    for (const { method, path, body } of obeyed[index] ?? []) {
      if (method !== what) continue;
      const content = method === 'POST' ? { headers: { 'content-type': 'application/json' }, body } : {};
      const answer = await fetch(server.url + path, { method, ...content });
      if (answer.status !== 200) throw new Error(`${server.name} does not obey ${what} again: ${await answer.text()}`);
    }
}

/** The servers of a scene that is played have other ports than those of the scene that was kept. */
function renameEndpoint(base: string, { name, url }: RehearsalServer, before: string | undefined): void {
  const file = join(base, DATABASE);
  if (!existsSync(file) || readFileSync(file).length === 0) return;
  const db = new Sqlite(file);
  db.prepare('UPDATE job SET endpoint = ? WHERE server = ?').run(url, name);
  db.prepare('UPDATE list SET pinned = ? WHERE pinned = ?').run(url, before);
  db.close();
}
