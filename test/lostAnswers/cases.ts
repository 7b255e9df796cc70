/**
 * cases: which answers are lost, how, and what happens before the next run.
 *
 * A case is one kind of request, the ways in which it is disturbed (several at once for a POST: each list of the
 * campaign meets its own), how often, and what has changed when the programs run again.
 */
import type { FaultKind } from '../../dist/rehearsal/server/options.js';

/** The questions that the programs ask without a proxy: to log in, to look, for states and for files. */
const QUESTIONS = ['whoami', 'look', 'look into the archive', 'states', 'files', 'archived files'] as const;
/** With a proxy: until when a credential is delegated, for a request to sign, and the signed one put back. */
const DELEGATING = ['delegation', 'delegation request', 'delegation put'] as const;

export type RequestKind = 'submit' | (typeof QUESTIONS)[number] | (typeof DELEGATING)[number];

/** Whether the case is played over https, with a proxy. */
export const isDelegating = (request: RequestKind): boolean => DELEGATING.some((each) => each === request);

/** How a request is disturbed; `status` for those of the kinds status and html. */
export interface Disturbance {
  readonly does: FaultKind;
  readonly status?: number;
}

/** At each stage: on the connection, before the request is done, after it, within the answer; and wrong answers. */
const CUTS: readonly Disturbance[] = [
  { does: 'cut-before' },
  { does: 'cut-after' },
  { does: 'cut-within' },
  { does: 'hang' },
  { does: 'hang-after' },
];
const ANSWERS: readonly Disturbance[] = [
  ...[500, 502, 503, 504].map((status) => ({ does: 'status', status }) as const),
  ...[404, 500, 502, 504].map((status) => ({ does: 'html', status }) as const),
  { does: 'half-json' },
  { does: 'wrong-job' },
];
/** The server has taken the POST, or will yet take it, and a look does not show it. */
const LATE: readonly Disturbance[] = [{ does: 'commit-late' }, { does: 'arrive-late' }];
/** These keep a server from the other lists of a run, so no list shares its campaign with them. */
const ALONE: readonly Disturbance[] = [
  { does: 'refuse' },
  ...[400, 401, 403, 404, 419, 429].map((status) => ({ does: 'status', status }) as const),
];

export const MEANWHILES = [
  'nothing',
  'the job was archived',
  'the storage was banned',
  'the server left the settings',
  'the credential was of another VO',
  'the server was down for days',
  'the server came back empty',
] as const;
export type Meanwhile = (typeof MEANWHILES)[number];

export type Often = 'once' | 'always' | 'blind';

export interface Case {
  readonly request: RequestKind;
  readonly disturbances: readonly Disturbance[];
  /** `once`: the run itself mends it. `always`: its repetitions too. `blind`: neither can it look what came of it. */
  readonly often: Often;
  readonly meanwhile: Meanwhile;
}

/** A job is archived after seven days; no POST is on its way for that long. */
const late = (meanwhile: Meanwhile): readonly Disturbance[] =>
  LATE.filter(({ does }) => does !== 'arrive-late' || meanwhile !== 'the job was archived');

function posts(meanwhile: Meanwhile): Case[] {
  const together = [...CUTS, ...ANSWERS, ...late(meanwhile)];
  return (['once', 'always', 'blind'] as const).flatMap((often) => [
    { request: 'submit', disturbances: together, often, meanwhile },
    ...ALONE.map((alone) => ({ request: 'submit', disturbances: [alone], often, meanwhile }) as const),
  ]);
}

const questions = (meanwhile: Meanwhile, requests: readonly RequestKind[] = QUESTIONS): Case[] =>
  requests.flatMap((request) =>
    [...CUTS, ...ANSWERS, ...ALONE].map((one) => ({ request, disturbances: [one], often: 'always', meanwhile })),
  );

/** Every POST with every meanwhile, and every question. */
export const MATRIX: readonly Case[] = [
  ...MEANWHILES.flatMap(posts),
  ...questions('nothing'),
  ...questions('nothing', DELEGATING),
];

/** Questions too with everything that can happen in between. */
export const NIGHTLY: readonly Case[] = [
  ...MEANWHILES.flatMap((meanwhile) => [...posts(meanwhile), ...questions(meanwhile)]),
  ...questions('nothing', DELEGATING),
  ...questions('the server was down for days', DELEGATING),
];

/** What differs in kind. */
export const QUICK: readonly Case[] = [
  ...(['the job was archived', 'the server left the settings', 'the server came back empty'] as const).map(
    (meanwhile) =>
      ({ request: 'submit', disturbances: [...CUTS, ...late(meanwhile)], often: 'blind', meanwhile }) as const,
  ),
  { request: 'look', disturbances: [{ does: 'html', status: 404 }], often: 'always', meanwhile: 'nothing' },
  { request: 'files', disturbances: [{ does: 'wrong-job' }], often: 'always', meanwhile: 'nothing' },
  { request: 'delegation put', disturbances: [{ does: 'cut-after' }], often: 'always', meanwhile: 'nothing' },
];

export function describeCase({ request, disturbances, often, meanwhile }: Case): string {
  const [first, ...others] = disturbances.map(({ does, status }) =>
    status === undefined ? does : `${does} ${status}`,
  );
  return `${request}: ${first}${others.length > 0 ? ` and ${others.length} more` : ''}, ${often}; meanwhile ${meanwhile}`;
}
