/**
 * plan: a random campaign as data: its LFN list, its settings, and what happens to it, in order.
 *
 * What becomes of a transfer stands in the last part of its LFN, as in the crash tests: `…/okay`, `…/gone`, `…/again`,
 * `…/stubborn`. LFNs differ, so that the servers' record can tell the transfers apart.
 */
import fc from 'fast-check';

import type { FaultKind } from '../../dist/rehearsal/options.js';

const PROGRAMS = ['producer', 'consumer', 'monitor'] as const;
export type Program = (typeof PROGRAMS)[number];

/** What a person does to a list, chosen by `pick` among those that there are. */
export const BY_HAND = [
  'mv to DOING',
  'mv to TODO',
  'cp to the other',
  'send back',
  'add a line',
  'add a comment',
  'scribble',
] as const;
export type ByHand = (typeof BY_HAND)[number];

export type Event =
  | { readonly kind: 'run'; readonly program: Program }
  /** Before, right after, or in the middle of its n-th call that changes something; the first few take the lease. */
  | { readonly kind: 'killed'; readonly program: Program; readonly when: 'at' | 'after' | 'half'; readonly n: number }
  | { readonly kind: 'two at once'; readonly programs: readonly [Program, Program] }
  | {
      readonly kind: 'faults';
      readonly server: number;
      readonly does: FaultKind;
      /** `POST, blind`: nor can anybody look what came of it. */
      readonly on: 'POST' | 'POST, blind' | 'GET';
      readonly after: number;
      readonly times: number;
    }
  | { readonly kind: 'no more faults' }
  | { readonly kind: 'server down' | 'server up' | 'archive'; readonly server: number }
  /** The clocks of both servers jump, in seconds: their records are compared, so they must agree. */
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'by hand'; readonly does: ByHand; readonly pick: number }
  | { readonly kind: 'more LFNs'; readonly lines: readonly string[] };

export interface Plan {
  readonly lines: readonly string[];
  readonly settings: {
    readonly lfnsPerList: number;
    readonly listsPerRun: number;
    readonly concurrency: number;
    readonly maxDoing: number;
    readonly permanentAtOnce: boolean;
  };
  readonly events: readonly Event[];
}

const fate = fc.oneof(
  { weight: 4, arbitrary: fc.constant('okay') },
  { weight: 2, arbitrary: fc.constantFrom('gone', 'again') },
  { weight: 1, arbitrary: fc.constant('stubborn') },
);
const name = fc.uuid().map((uuid) => uuid.slice(0, 13));
const lfn = fc.tuple(name, fate).map(([file, end]) => `/lhcb/${file}/${end}`);
const noLfn = fc.constantFrom('no LFN', '# a comment', '', 'relative/okay', 'lhcb/with blank/in it x y z');
const line = fc.oneof({ weight: 6, arbitrary: lfn }, { weight: 1, arbitrary: noLfn });

const program = fc.constantFrom(...PROGRAMS);
const server = fc.nat({ max: 1 });
const TEN_HOURS = 36_000;

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
];

const happening = (late: boolean): fc.Arbitrary<Event> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('run' as const), program }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('killed' as const),
        program,
        when: fc.constantFrom('at' as const, 'after' as const, 'half' as const),
        n: fc.integer({ min: 8, max: 40 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('two at once' as const), programs: fc.tuple(program, program) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('faults' as const),
        server,
        does: fc.constantFrom(...FAULTS, ...(late ? (['arrive-late'] as const) : [])),
        on: fc.constantFrom('POST' as const, 'POST, blind' as const, 'POST, blind' as const, 'GET' as const),
        after: fc.constantFrom(0, 0, 1, 2),
        times: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'no more faults' } as const) },
    {
      weight: 2,
      arbitrary: fc.record({
        // A job is archived after a week: no POST is on its way for that long.
        kind: fc.constantFrom(
          'server down' as const,
          'server up' as const,
          late ? ('server up' as const) : ('archive' as const),
        ),
        server,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('clock' as const),
        seconds: fc.integer({ min: 1, max: TEN_HOURS }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('by hand' as const),
        does: fc.constantFrom(...BY_HAND),
        pick: fc.nat({ max: 9 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('more LFNs' as const),
        lines: fc.array(lfn, { minLength: 1, maxLength: 3 }),
      }),
    },
  );

const settings = fc.record({
  lfnsPerList: fc.integer({ min: 1, max: 5 }),
  listsPerRun: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  maxDoing: fc.constantFrom(0, 0, 3),
  permanentAtOnce: fc.boolean(),
});

/** The first events make lists, else most of the others would find nothing to do. */
const BEGINNING: readonly Event[] = [
  { kind: 'run', program: 'producer' },
  { kind: 'run', program: 'consumer' },
];

export const plans: fc.Arbitrary<Plan> = fc
  .record({
    lines: fc.array(line, { minLength: 1, maxLength: 12 }),
    settings,
    events: fc.boolean().chain((late) => fc.array(happening(late), { minLength: 4, maxLength: 10 })),
  })
  .map((plan) => ({ ...plan, events: [...BEGINNING, ...plan.events] }));
