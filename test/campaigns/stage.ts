/**
 * stage: where a campaign is played: in this process, or with a process for each program.
 *
 * What can happen to it differs: only here can a clock be wrong, and a program stand still before its n-th request.
 */
import type fc from 'fast-check';

import type { Death } from '../support/life.js';
import type { Plan } from './plan.js';
import type { World } from './world.js';

export const PROGRAMS = ['producer', 'consumer', 'monitor'] as const;
export type ProgramName = (typeof PROGRAMS)[number];

export interface Start {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly death: Death;
  /** The number of the request before which it stands still; 0: none. */
  readonly freezesAt: number;
}

/** A program that has been started. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves when it stands still, and never if it does not. */
  readonly frozen: Promise<void>;
  /** Lets it go on. */
  readonly thaw: () => void;
}

export interface Ended {
  /** Null: it was killed. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Stage {
  readonly plans: fc.Arbitrary<Plan>;
  /** Of whoever runs the programs, in ms since 1970. */
  readonly clock: () => number;
  /** After which a program gives up waiting for a server. */
  readonly timeoutSeconds: number;
  readonly start: (world: World, program: ProgramName, start: Start) => Running;
}
