/**
 * roundsLog: what each run of each program did, round after round, in a file of the base directory.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { ProgramEnd } from './programs.js';

/** In the base directory. */
export const ROUNDS_LOG = 'rehearsal.log';

export class RoundsLog {
  private readonly file: string;

  constructor(base: string) {
    this.file = path.join(base, ROUNDS_LOG);
  }

  end(round: number, end: ProgramEnd): void {
    const { program, exit, signal, seconds, counts, warnings } = end;
    const did = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
    const how = `${signal ?? `exit ${exit}`} after ${seconds.toFixed(1)} s`;
    const head = `round ${round} ${program}, ${how}: ${did.length === 0 ? 'nothing to do' : did.join(', ')}`;
    this.append([head, ...warnings.map((warning) => `  ! ${warning}`)]);
  }

  violations(violations: readonly string[]): void {
    this.append(violations.map((violation) => `violation: ${violation}`));
  }

  private append(lines: readonly string[]): void {
    appendFileSync(this.file, lines.map((line) => `${line}\n`).join(''));
  }
}
