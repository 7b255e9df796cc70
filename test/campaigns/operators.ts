/** operators: what those who run the two servers do to them, and what happens to the servers of itself. */
import assert from 'node:assert/strict';

import { isFinal } from '../../dist/rules/states.js';
import type { Fault, RehearsalServer, Submission } from '../../dist/rehearsal/server/options.js';
import { SOURCE } from '../crash/scene.js';
import type { Model } from './model.js';
import type { ServerEvent } from './plan.js';
import { standing } from './standing.js';
import type { World } from './world.js';

const STORAGE = /^srm:\/\/[^:/]+/.exec(SOURCE)?.[0] ?? '';

export class Operators {
  private readonly world: World;
  private readonly servers: readonly RehearsalServer[];
  private readonly model: Pick<Model, 'cancels' | 'forgets'>;
  private readonly down = new Set<RehearsalServer>();

  constructor(world: World, model: Pick<Model, 'cancels' | 'forgets'>) {
    this.world = world;
    this.servers = world.servers;
    this.model = model;
  }

  async does(event: ServerEvent): Promise<void> {
    if (event.kind === 'cancel' || event.kind === 'cancel alone')
      return this.cancel(event.pick, event.files, event.kind === 'cancel alone');
    if (event.kind === 'cancel job') return this.cancelJob(event.pick);
    const server = this.servers[event.server];
    assert.ok(server !== undefined, `there is no server ${event.server}`);
    switch (event.kind) {
      case 'faults':
        return server.setFaults(faultsOf(event));
      case 'no more faults':
        return server.setFaults([]);
      case 'down':
      case 'up':
        return this.setDown(server, event.kind === 'down');
      case 'clock':
        return this.setClock(event.server, event.seconds);
      case 'archive':
        return archive(server);
      case 'forget':
        return this.forget(server);
      case 'ban':
        return server.ban(STORAGE);
      case 'hold':
        return server.ban(STORAGE, 'WAIT');
      case 'ban and cancel':
        return this.banAndCancel(server);
      case 'tokens':
        return server.setTokenSeconds(event.seconds);
      case 'unban':
        return server.unban(STORAGE);
    }
  }

  /** From now on the servers are as they should be. */
  async behave(): Promise<void> {
    for (const [index, server] of this.servers.entries()) {
      this.setClock(index, 0);
      server.setFaults([]);
      server.unban(STORAGE);
      server.setTokenSeconds(0);
      await this.setDown(server, false);
    }
  }

  /** What is in DONE already is not asked for any more. */
  private forget(server: RehearsalServer): void {
    const open = new Set(
      standing(this.world.base)
        .filter(({ place }) => place === 'TODO' || place === 'DOING')
        .map(({ source }) => source),
    );
    const sources = server.submissions.flatMap(({ transfers }) => transfers.map(({ source }) => source));
    for (const source of sources) if (open.has(source)) this.model.forgets(source);
    this.world.loses(server);
    server.forget();
  }

  private banAndCancel(server: RehearsalServer): void {
    for (const { transfers } of server.submissions)
      for (const { source, settledAt } of transfers) if (settledAt === null) this.model.cancels(source);
    server.ban(STORAGE, 'CANCEL', true);
  }

  private cancel(pick: number, files: number, alone: boolean): void {
    const chosen = this.running(pick);
    if (chosen === null) return;
    for (const { index, source, settledAt } of chosen.job.transfers.slice(0, files)) {
      if (settledAt !== null) continue;
      if (alone) chosen.server.cancelFile(chosen.job.jobId, index);
      else chosen.server.setFile(chosen.job.jobId, index, 'CANCELED', 'Job canceled by the user');
      this.model.cancels(source);
    }
  }

  /** As the owner does it; what comes of it when the server is in trouble is nobody's to know. */
  private async cancelJob(pick: number): Promise<void> {
    const chosen = this.running(pick);
    if (chosen === null) return;
    const { server, job } = chosen;
    const headers = { 'x-rehearsal-dn': job.userDn, 'x-rehearsal-vo': job.vo };
    for (const { source, settledAt } of job.transfers) if (settledAt === null) this.model.cancels(source);
    await fetch(`${server.url}/jobs/${job.jobId}`, { method: 'DELETE', headers, signal: AbortSignal.timeout(1000) })
      .then((answer) => answer.text())
      .catch(() => '');
  }

  /** One of the jobs that are not final; null when there is none. */
  private running(pick: number): { server: RehearsalServer; job: Submission } | null {
    const running = this.servers.flatMap((server) =>
      server.submissions.filter(({ state }) => !isFinal(state)).map((job) => ({ server, job })),
    );
    return running[pick % running.length] ?? null;
  }

  /** Not while a worker is being stopped: for that minute the programs go by this clock, which is a known limit. */
  private setClock(server: number, seconds: number): void {
    if (this.servers[server]?.submissions.some((job) => isFinal(job.state) && !hasStopped(job)) === true)
      this.world.passes(60);
    this.world.showsWrong(server, seconds);
  }

  private async setDown(server: RehearsalServer, down: boolean): Promise<void> {
    if (this.down.has(server) === down) return;
    if (down) await server.down();
    else await server.up();
    if (down) this.down.add(server);
    else this.down.delete(server);
  }
}

/** Nothing of it goes on, not even a worker that was to stop. */
const hasStopped = ({ transfers }: Submission): boolean => transfers.every(({ settledAt }) => settledAt !== null);

/** A week after its end a job has stopped for long. */
function archive(server: RehearsalServer): void {
  for (const job of server.submissions) if (isFinal(job.state) && hasStopped(job)) server.archive(job.jobId);
}

function faultsOf({ does, on, after, times }: Extract<ServerEvent, { kind: 'faults' }>): Fault[] {
  const looks = /^\/(jobs|archive)\//;
  if (on === 'any') return [{ name: does, does, when: { after, times } }];
  if (on === 'GET') return [{ name: does, does, when: { method: 'GET', path: looks, after, times } }];
  const post: Fault = { name: does, does, when: { method: 'POST', path: /^\/jobs$/, after, times } };
  const blind: Fault = { name: 'no look', does: 'status', status: 403, when: { method: 'GET', path: looks } };
  return on === 'POST' ? [post] : [post, blind];
}
