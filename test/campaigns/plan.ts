/**
 * plan: a random campaign as data: its LFN lists, its settings, and what happens to it, in order.
 */
import fc from 'fast-check';

import type { FaultKind } from '../../dist/rehearsal/options.js';
import { BY_HAND, type ByHand } from '../random/plan.js';
import type { Kind } from '../support/life.js';
import { lines, type Line } from './lines.js';
import type { ProgramName } from './run.js';

const PROGRAMS = ['producer', 'consumer', 'monitor'] as const;

export interface Settings {
  readonly lfnsPerList: number;
  readonly listsPerRun: number;
  readonly concurrency: number;
  readonly maxDoing: number;
  readonly maxFailures: number;
  readonly permanentAtOnce: boolean;
  readonly canceled: 'report' | 'retry';
  /** Of the two servers; null: it is not in the settings. One of them always is. */
  readonly weights: readonly [number | null, number | null];
}

/** What happens at a server. */
export type ServerEvent =
  | {
      readonly kind: 'faults';
      readonly server: number;
      readonly does: FaultKind;
      /** `POST, blind`: nor can anybody look what came of it. */
      readonly on: 'POST' | 'POST, blind' | 'GET' | 'any';
      readonly after: number;
      readonly times: number;
    }
  | {
      readonly kind: 'down' | 'up' | 'archive' | 'forget' | 'ban' | 'unban' | 'no more faults';
      readonly server: number;
    }
  /** Somebody cancels every file of a job, or the first ones, as far as they are not final. */
  | { readonly kind: 'cancel'; readonly pick: number; readonly files: number };

export type Event =
  | { readonly kind: 'run'; readonly program: ProgramName }
  /** Before, right after, or in the middle of its n-th call that changes something; the first few of all take the lease. */
  | {
      readonly kind: 'killed';
      readonly program: ProgramName;
      readonly when: 'at' | 'after' | 'half';
      readonly of: Kind | 'any';
      readonly n: number;
    }
  | { readonly kind: 'two at once'; readonly programs: readonly [ProgramName, ProgramName] }
  /** Stands still before its n-th request; its lease is broken, others run, and then it goes on. */
  | {
      readonly kind: 'frozen';
      readonly program: 'consumer' | 'monitor';
      readonly n: number;
      readonly others: readonly ProgramName[];
    }
  /** Time passes for everybody. */
  | { readonly kind: 'time'; readonly seconds: number }
  /**
   * The clock of our machine is wrong from now on, by so many seconds. Not behind by days: a submission without an answer
   * would look so old, once the clock is right, that a person has to decide.
   */
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'by hand'; readonly does: ByHand; readonly pick: number }
  | { readonly kind: 'more LFNs'; readonly file: number; readonly lines: readonly Line[] }
  | { readonly kind: 'servers'; readonly event: ServerEvent };

export interface Plan {
  /** Of each LFN list; the second goes by another route. */
  readonly files: readonly (readonly Line[])[];
  readonly bom: boolean;
  readonly settings: Settings;
  readonly checkDuplicates: boolean;
  readonly events: readonly Event[];
  /** Of the draws. */
  readonly seed: number;
}

const program = fc.constantFrom<ProgramName>(...PROGRAMS);
const server = fc.nat({ max: 1 });
const DAY = 86_400;

const FAULTS: readonly FaultKind[] = [
  'status',
  'html',
  'half-json',
  'wrong-job',
  'hang',
  'hang-after',
  'cut-before',
  'cut-after',
  'cut-within',
  'commit-late',
  'refuse',
];

const settings: fc.Arbitrary<Settings> = fc.record({
  lfnsPerList: fc.integer({ min: 1, max: 6 }),
  listsPerRun: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  maxDoing: fc.constantFrom(0, 0, 3),
  maxFailures: fc.integer({ min: 1, max: 4 }),
  permanentAtOnce: fc.boolean(),
  canceled: fc.constantFrom('report' as const, 'retry' as const),
  weights: fc.constantFrom(
    [50, 50] as const,
    [50, 50] as const,
    [90, 10] as const,
    [0, 50] as const,
    [50, null] as const,
    [null, 50] as const,
  ),
});

const run = fc.record({ kind: fc.constant('run' as const), program });
const killed = fc
  .record({
    kind: fc.constant('killed' as const),
    program: fc.constantFrom<ProgramName>('producer', 'consumer', 'consumer', 'monitor', 'monitor'),
    when: fc.constantFrom('at' as const, 'after' as const, 'half' as const),
    of: fc.constantFrom<Kind | 'any'>('commit', 'request', 'request', 'spool', 'spool', 'any'),
    n: fc.integer({ min: 1, max: 40 }),
  })
  // So many calls of each kind a small campaign makes.
  .map((event) => ({
    ...event,
    n: { commit: event.n % 7, request: event.n % 3, spool: event.n % 20, any: event.n + 5 }[event.of] + 1,
  }));
const twoAtOnce = fc.record({ kind: fc.constant('two at once' as const), programs: fc.tuple(program, program) });
const frozen = fc.record({
  kind: fc.constant('frozen' as const),
  program: fc.constantFrom('consumer' as const, 'monitor' as const),
  n: fc.integer({ min: 1, max: 5 }),
  others: fc.constantFrom<readonly ProgramName[]>(
    ['consumer'],
    ['consumer', 'monitor'],
    ['consumer', 'monitor', 'consumer'],
    ['monitor', 'consumer'],
    ['producer', 'consumer', 'monitor'],
  ),
});
const faults = (late: boolean): fc.Arbitrary<ServerEvent> =>
  fc.record({
    kind: fc.constant('faults' as const),
    server,
    does: fc.constantFrom(...FAULTS, ...(late ? (['arrive-late'] as const) : [])),
    on: fc.constantFrom(
      'POST' as const,
      'POST, blind' as const,
      'POST, blind' as const,
      'GET' as const,
      'any' as const,
    ),
    after: fc.constantFrom(0, 0, 1, 2),
    times: fc.integer({ min: 1, max: 6 }),
  });
const changes = (late: boolean): fc.Arbitrary<ServerEvent> =>
  fc.record({
    kind: fc.constantFrom(
      ...(['down', 'up', 'forget', 'ban', 'unban', 'no more faults'] as const),
      // A job is archived after a week: no POST is on its way for that long.
      ...(late ? [] : (['archive', 'archive', 'archive'] as const)),
    ),
    server,
  });
const cancel = fc.record({
  kind: fc.constant('cancel' as const),
  pick: fc.nat({ max: 9 }),
  files: fc.constantFrom(1, 2, 99),
});
const ofServers = (late: boolean): fc.Arbitrary<Event> =>
  fc
    .oneof(
      { weight: 4, arbitrary: faults(late) },
      { weight: 4, arbitrary: changes(late) },
      { weight: 2, arbitrary: cancel },
    )
    .map((event) => ({ kind: 'servers', event }));
const time = fc.record({ kind: fc.constant('time' as const), seconds: fc.constantFrom(1, 30, 600, 36_000) });
const clock = fc.record({
  kind: fc.constant('clock' as const),
  seconds: fc.constantFrom(-DAY, -3600, -1, 1, 3600, DAY, 400 * DAY),
});
const byHand = fc.record({
  kind: fc.constant('by hand' as const),
  does: fc.constantFrom(...BY_HAND),
  pick: fc.nat({ max: 9 }),
});
const moreLfns = fc.record({
  kind: fc.constant('more LFNs' as const),
  file: fc.nat({ max: 1 }),
  lines: lines(1, 3),
});

const happening = (late: boolean): fc.Arbitrary<Event> =>
  fc.oneof(
    { weight: 8, arbitrary: run },
    { weight: 8, arbitrary: killed },
    { weight: 2, arbitrary: twoAtOnce },
    { weight: 3, arbitrary: frozen },
    { weight: 10, arbitrary: ofServers(late) },
    { weight: 3, arbitrary: time },
    { weight: 2, arbitrary: clock },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('settings' as const), settings }) },
    { weight: 4, arbitrary: byHand },
    { weight: 1, arbitrary: moreLfns },
  );

/** The first events make lists and perhaps jobs, else most of the others would find nothing to do. */
const beginnings = fc.constantFrom<readonly Event[]>(
  [{ kind: 'run', program: 'producer' }],
  [
    { kind: 'run', program: 'producer' },
    { kind: 'run', program: 'consumer' },
  ],
);

export const plans: fc.Arbitrary<Plan> = fc
  .record({
    files: fc.tuple(lines(1, 14), lines(0, 5)),
    bom: fc.boolean(),
    settings,
    checkDuplicates: fc.boolean(),
    events: fc.boolean().chain((late) => fc.array(happening(late), { minLength: 4, maxLength: 14 })),
    beginning: beginnings,
    seed: fc.nat(),
  })
  .map(({ beginning, ...plan }) => ({ ...plan, events: [...beginning, ...plan.events] }));
