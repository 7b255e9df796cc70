/** operators: what those who run the two servers do to them, and what happens to the servers of itself. */
import assert from 'node:assert/strict';

import type { Fault, RehearsalServer } from '../../dist/rehearsal/options.js';
import { SOURCE } from '../crash/scene.js';
import type { Model } from './model.js';
import type { ServerEvent } from './plan.js';
import { standing } from './standing.js';
import type { World } from './world.js';

const STORAGE = /^srm:\/\/[^:/]+/.exec(SOURCE)?.[0] ?? '';

export class Operators {
  private readonly base: string;
  private readonly servers: readonly RehearsalServer[];
  private readonly model: Pick<Model, 'cancels' | 'forgets'>;
  private readonly down = new Set<RehearsalServer>();

  constructor({ base, servers }: World, model: Pick<Model, 'cancels' | 'forgets'>) {
    this.base = base;
    this.servers = servers;
    this.model = model;
  }

  async does(event: ServerEvent): Promise<void> {
    if (event.kind === 'cancel') return this.cancel(event.pick, event.files);
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
      case 'archive':
        return server.archive();
      case 'forget':
        return this.forget(server);
      case 'ban':
        return server.ban(STORAGE);
      case 'unban':
        return server.unban(STORAGE);
    }
  }

  /** From now on the servers are as they should be. */
  async behave(): Promise<void> {
    for (const server of this.servers) {
      server.setFaults([]);
      server.unban(STORAGE);
      await this.setDown(server, false);
    }
  }

  /** What is in DONE already is not asked for any more. */
  private forget(server: RehearsalServer): void {
    const open = new Set(
      standing(this.base)
        .filter(({ place }) => place === 'TODO' || place === 'DOING')
        .map(({ source }) => source),
    );
    const sources = server.submissions.flatMap(({ transfers }) => transfers.map(({ source }) => source));
    for (const source of sources) if (open.has(source)) this.model.forgets(source);
    server.forget();
  }

  private cancel(pick: number, files: number): void {
    const running = this.servers.flatMap((server) =>
      server.submissions
        .filter(({ transfers }) => transfers.some(({ settledAt }) => settledAt === null))
        .map((job) => ({ server, job })),
    );
    const chosen = running[pick % running.length];
    if (chosen === undefined) return;
    for (const { index, source, settledAt } of chosen.job.transfers.slice(0, files)) {
      if (settledAt !== null) continue;
      chosen.server.setFile(chosen.job.jobId, index, 'CANCELED', 'somebody did not want it');
      this.model.cancels(source);
    }
  }

  private async setDown(server: RehearsalServer, down: boolean): Promise<void> {
    if (this.down.has(server) === down) return;
    if (down) await server.down();
    else await server.up();
    if (down) this.down.add(server);
    else this.down.delete(server);
  }
}

function faultsOf({ does, on, after, times }: Extract<ServerEvent, { kind: 'faults' }>): Fault[] {
  const looks = /^\/(jobs|archive)\//;
  if (on === 'any') return [{ name: does, does, when: { after, times } }];
  if (on === 'GET') return [{ name: does, does, when: { method: 'GET', path: looks, after, times } }];
  const post: Fault = { name: does, does, when: { method: 'POST', path: /^\/jobs$/, after, times } };
  const blind: Fault = { name: 'no look', does: 'status', status: 403, when: { method: 'GET', path: looks } };
  return on === 'POST' ? [post] : [post, blind];
}
