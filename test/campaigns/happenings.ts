/**
 * happenings: draws random campaigns: what can happen to one on any stage, and all that can happen within this process.
 */
import fc from 'fast-check';

import type { FaultKind } from '../../dist/rehearsal/server/options.js';
import type { Death, Kind } from '../support/life.js';
import { lines } from './lines.js';
import { BY_HAND, type Event, type Plan, type ServerEvent, type Settings } from './plan.js';
import { PROGRAMS, type ProgramName } from './stage.js';

const program = fc.constantFrom<ProgramName>(...PROGRAMS);
const server = fc.nat({ max: 1 });
const HOUR = 3600;
const DAY = 24 * HOUR;

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

export const run = fc.record({ kind: fc.constant('run' as const), program });
export const killed = (death: fc.Arbitrary<Death>): fc.Arbitrary<Event> =>
  fc.record({
    kind: fc.constant('killed' as const),
    program: fc.constantFrom<ProgramName>('producer', 'consumer', 'consumer', 'monitor', 'monitor'),
    death,
  });
export const twoAtOnce = (death: fc.Arbitrary<Death>): fc.Arbitrary<Event> =>
  fc.record({
    kind: fc.constant('two at once' as const),
    programs: fc.tuple(program, program),
    death: fc.option(death, { nil: {}, freq: 1 }),
  });
export const faults = (late: boolean): fc.Arbitrary<ServerEvent> =>
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
export const changes = (late: boolean): fc.Arbitrary<ServerEvent> =>
  fc.record({
    kind: fc.constantFrom(
      ...(['down', 'up', 'ban', 'unban', 'no more faults'] as const),
      // A job is archived after a week: no POST is on its way for that long.
      ...(late ? [] : (['archive', 'archive', 'archive'] as const)),
    ),
    server,
  });
export const cancel: fc.Arbitrary<ServerEvent> = fc.record({
  kind: fc.constant('cancel' as const),
  pick: fc.nat({ max: 9 }),
  files: fc.constantFrom(1, 2, 99),
});
export const cancelJob: fc.Arbitrary<ServerEvent> = fc.record({
  kind: fc.constant('cancel job' as const),
  pick: fc.nat({ max: 9 }),
});
/** What leaves a copy going on, or to come, though it looks cancelled. */
const cancelsThatDoNot: fc.Arbitrary<ServerEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('cancel alone' as const),
    pick: fc.nat({ max: 9 }),
    files: fc.constantFrom(1, 2, 99),
  }),
  fc.record({ kind: fc.constantFrom('hold' as const, 'ban and cancel' as const, 'unban' as const), server }),
  fc.record({ kind: fc.constant('tokens' as const), server, seconds: fc.constantFrom(0, 600) }),
);
export const ofServers = (event: fc.Arbitrary<ServerEvent>): fc.Arbitrary<Event> =>
  fc.record({ kind: fc.constant('servers' as const), event });
export const time = fc.record({ kind: fc.constant('time' as const), seconds: fc.constantFrom(1, 30, 600, 10 * HOUR) });
export const newSettings = fc.record({ kind: fc.constant('settings' as const), settings });
export const byHand = fc.record({
  kind: fc.constant('by hand' as const),
  does: fc.constantFrom(...BY_HAND),
  pick: fc.nat({ max: 9 }),
});
export const moreLfns = fc.record({
  kind: fc.constant('more LFNs' as const),
  file: fc.nat({ max: 1 }),
  lines: lines(1, 3),
});

/** The first events make lists and perhaps jobs, else most of the others would find nothing to do. */
const beginnings = fc.constantFrom<readonly Event[]>(
  [{ kind: 'run', program: 'producer' }],
  [
    { kind: 'run', program: 'producer' },
    { kind: 'run', program: 'consumer' },
  ],
);

/** What kind of a campaign it is. */
export interface Kinds {
  /** A POST may be stuck on its way and arrive when another has come. */
  readonly late: boolean;
  /** Several people run it, some of another VO. */
  readonly shared: boolean;
}

/** Campaigns to which this happens. */
export const plansOf = (
  happening: (kinds: Kinds) => fc.Arbitrary<Event | readonly Event[]>,
  mostEvents: number,
): fc.Arbitrary<Plan> =>
  fc
    .record({
      files: fc.tuple(lines(1, 14), lines(0, 5)),
      bom: fc.boolean(),
      settings,
      checkDuplicates: fc.boolean(),
      events: fc
        .record({ late: fc.boolean(), shared: fc.boolean() })
        .chain((kinds) => fc.array(happening(kinds), { minLength: 4, maxLength: mostEvents })),
      beginning: beginnings,
      seed: fc.nat(),
    })
    .map(({ beginning, ...plan }) => ({ ...plan, events: [...beginning, ...plan.events.flat()] }));

/** So many calls of each kind a small campaign makes. */
const CALLS: Readonly<Record<Kind, number>> = { commit: 7, request: 3, spool: 20 };

const when = fc.constantFrom('at' as const, 'after' as const, 'half' as const);
const deathByKind = fc
  .record({
    when,
    of: fc.constantFrom<Kind>('commit', 'request', 'request', 'spool', 'spool'),
    n: fc.nat({ max: 59 }),
  })
  .map(({ when, of, n }): Death => ({ of, [when]: 1 + (n % CALLS[of]) }));
/** The first calls of all take the lease. */
export const death = (first: number, last: number): fc.Arbitrary<Death> =>
  fc.record({ when, n: fc.integer({ min: first, max: last }) }).map(({ when, n }): Death => ({ [when]: n }));
const anyDeath = fc.oneof({ weight: 5, arbitrary: deathByKind }, { weight: 1, arbitrary: death(7, 46) });

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
const clock = fc.record({
  kind: fc.constant('clock' as const),
  seconds: fc.constantFrom(-DAY, -HOUR, -1, 1, HOUR, DAY, 400 * DAY),
});
const credential = fc.record({
  kind: fc.constant('credential' as const),
  whose: fc.constantFrom('ours' as const, "a colleague's" as const),
  vo: fc.constantFrom('lhcb' as const, 'atlas' as const, 'atlas' as const),
});
/** Somebody's submissions are lost on their way, to the server or back, and somebody else goes on. */
const lostThenShared = (late: boolean): fc.Arbitrary<readonly Event[]> =>
  fc
    .tuple(
      fc.constantFrom<FaultKind>(
        'hang',
        'cut-after',
        'commit-late',
        'commit-late',
        late ? 'arrive-late' : 'cut-before',
      ),
      credential,
      fc.constantFrom<ProgramName>('consumer', 'consumer', 'monitor'),
    )
    .map(([does, credential, program]) => [
      ...both((server) => ({ kind: 'faults', server, does, on: 'POST', after: 0, times: 3 })),
      { kind: 'killed', program: 'consumer', death: { of: 'request', after: 1 } },
      ...both((server) => ({ kind: 'no more faults', server })),
      credential,
      { kind: 'run', program },
    ]);
const both = (event: (server: number) => ServerEvent): Event[] =>
  [0, 1].map((server) => ({ kind: 'servers', event: event(server) }));
/** What was cancelled a moment ago is to be sent again. */
const cancelledAndSent = cancelJob.map((event): readonly Event[] => [
  { kind: 'run', program: 'consumer' },
  { kind: 'servers', event },
  { kind: 'run', program: 'monitor' },
  { kind: 'run', program: 'consumer' },
]);
/** The same of what a cancel does not reach, or does not stop. */
const outOfReachAndSent = fc
  .tuple(server, fc.constantFrom('hold' as const, 'ban and cancel' as const, 'tokens' as const), cancelJob)
  .map(([server, kind, cancelled]): readonly Event[] => [
    { kind: 'servers', event: kind === 'tokens' ? { kind, server, seconds: 600 } : { kind: 'unban', server } },
    ...(kind === 'hold' ? [{ kind: 'servers' as const, event: { kind, server } }] : []),
    { kind: 'run', program: 'consumer' },
    { kind: 'time', seconds: 1 },
    { kind: 'servers', event: kind === 'ban and cancel' ? { kind, server } : cancelled },
    { kind: 'run', program: 'monitor' },
    { kind: 'run', program: 'consumer' },
  ]);
const serverClock = fc.record({
  kind: fc.constant('clock' as const),
  server,
  seconds: fc.constantFrom(-DAY, -HOUR, -90, 90, HOUR, DAY),
});
const forget = fc.record({ kind: fc.constant('forget' as const), server });

export const anything = plansOf(
  ({ late, shared }) =>
    fc.oneof(
      { weight: 8, arbitrary: run },
      { weight: 8, arbitrary: killed(anyDeath) },
      { weight: 3, arbitrary: twoAtOnce(anyDeath) },
      { weight: 3, arbitrary: frozen },
      { weight: 4, arbitrary: ofServers(faults(late)) },
      { weight: 4, arbitrary: ofServers(changes(late)) },
      { weight: 1, arbitrary: ofServers(forget) },
      { weight: 2, arbitrary: ofServers(cancel) },
      { weight: 1, arbitrary: ofServers(cancelJob) },
      { weight: 2, arbitrary: cancelledAndSent },
      { weight: 3, arbitrary: ofServers(cancelsThatDoNot) },
      { weight: 2, arbitrary: outOfReachAndSent },
      { weight: 4, arbitrary: ofServers(serverClock) },
      { weight: 3, arbitrary: time },
      { weight: 2, arbitrary: clock },
      { weight: shared ? 4 : 0, arbitrary: credential },
      { weight: shared ? 6 : 0, arbitrary: lostThenShared(late) },
      { weight: 1, arbitrary: newSettings },
      { weight: 4, arbitrary: byHand },
      { weight: 1, arbitrary: moreLfns },
    ),
  14,
);
