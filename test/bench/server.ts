/** server: starts a stand-in server, asks it what it was asked, and stops it. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Counts, StandInOptions } from './standIn.js';

export class Server {
  readonly url: string;
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(url: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.url = url;
    this.child = child;
  }

  /** It listens when the promise is kept. */
  static async start(options: StandInOptions): Promise<Server> {
    const file = fileURLToPath(new URL('standIn.js', import.meta.url));
    const child = spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new Server(line.toString().trim(), child);
  }

  /** The requests since the last time. */
  async counts(): Promise<Counts> {
    return (await (await fetch(`${this.url}/bench/counts`)).json()) as Counts;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
  }
}
