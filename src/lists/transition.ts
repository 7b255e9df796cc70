/**
 * transition: a change of the spool, as data.
 *
 * A transition is a list of repeatable steps. It is journalled before its first step and struck off after its last,
 * so whatever interrupts it, doing all of it again ends in the same spool. Steps that create come before steps that
 * destroy: at any moment between them every transfer stands in at least one list.
 */

/** The directories of the spool that hold lists, relative to the base directory. */
export const PLACES = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'] as const;
export type Place = (typeof PLACES)[number];

/** Paths are relative to the base directory: `TODO/FTSList-….txt`. */
export type Step =
  /** Done when a file with this content stands there; never over another content. */
  | { readonly op: 'place'; readonly path: string; readonly content: string }
  /** Done when only the target exists. */
  | { readonly op: 'move'; readonly from: string; readonly to: string }
  /** Done when it is gone; only a file with this content is removed. */
  | { readonly op: 'remove'; readonly path: string; readonly sha256: string };

export interface Transition {
  /** The list that moves: named when the transition cannot be carried out. */
  readonly list: string;
  readonly steps: readonly Step[];
}

export const listPath = (place: Place, list: string): string => `${place}/${list}`;

/** A list that a transition writes. */
export interface Placed {
  readonly place: Place;
  readonly name: string;
  readonly content: string;
}

export const placing = ({ place, name, content }: Placed): Step => ({
  op: 'place',
  path: listPath(place, name),
  content,
});

/** Moves a list as it is. */
export const moving = (list: string, from: Place, to: Place, name = list): Transition => ({
  list,
  steps: [{ op: 'move', from: listPath(from, list), to: listPath(to, name) }],
});

/**
 * Distributes the lines of a list to others, all of which are placed before it goes: it is removed while it still has
 * the content that was read, or kept in DONE/Dirty under a name.
 */
export function distribute(
  list: string,
  from: Place,
  into: readonly Placed[],
  original: { readonly sha256: string } | { readonly dirty: string },
): Transition {
  const last: Step =
    'sha256' in original
      ? { op: 'remove', path: listPath(from, list), sha256: original.sha256 }
      : { op: 'move', from: listPath(from, list), to: listPath('DONE/Dirty', original.dirty) };
  return { list, steps: [...into.map(placing), last] };
}

/** Steps that create, in front of those that destroy; the order within each kind is kept. */
export function createFirst(steps: readonly Step[]): Step[] {
  return [...steps.filter((step) => step.op === 'place'), ...steps.filter((step) => step.op !== 'place')];
}

/** Where the transition leaves something, in the order of its steps. */
export function targets(transition: Transition): string[] {
  return transition.steps.map(targetOf).filter((path) => path !== null);
}

function targetOf(step: Step): string | null {
  switch (step.op) {
    case 'place':
      return step.path;
    case 'move':
      return step.to;
    case 'remove':
      return null;
  }
}

/** The steps that were journalled as this JSON; null if it is not what we write. */
export function readSteps(json: string): Step[] | null {
  try {
    const steps: unknown = JSON.parse(json);
    return Array.isArray(steps) && steps.every(isStep) ? steps : null;
  } catch {
    return null;
  }
}

function isStep(step: unknown): step is Step {
  if (typeof step !== 'object' || step === null) return false;
  const { op, path, content, sha256, from, to } = step as Record<string, unknown>;
  const isPath = (value: unknown): boolean => typeof value === 'string' && parsePath(value) !== null;
  if (op === 'place') return isPath(path) && typeof content === 'string';
  if (op === 'remove') return isPath(path) && typeof sha256 === 'string';
  return op === 'move' && (isPath(from) || (typeof from === 'string' && parkedIn(from) !== null)) && isPath(to);
}

/** One step in words, for `--dry-run` and for what is set aside. */
export function stepInWords(step: Step): string {
  switch (step.op) {
    case 'place':
      return `place ${step.path}`;
    case 'move':
      return `move ${step.from} to ${step.to}`;
    case 'remove':
      return `remove ${step.path}`;
  }
}

/** The directory below DOING in which the original program's users parked a list; null for any other path. */
export function parkedIn(path: string): string | null {
  const [, directory = '', name = ''] = /^(DOING\/[^./\p{Cc}][^/\p{Cc}]*)\/([^/]*)$/u.exec(path) ?? [];
  return parsePath(`DOING/${name}`) === null || directory === '' ? null : directory;
}

/** The place and the name of a step's path, or null for a path that no list can have: such a step is never carried out. */
export function parsePath(path: string): { place: Place; name: string } | null {
  const place = PLACES.find((candidate) => path.startsWith(`${candidate}/`));
  if (place === undefined) return null;
  const name = path.slice(place.length + 1);
  return /^[^./\p{Cc}][^/\p{Cc}]*\.txt$/u.test(name) ? { place, name } : null;
}
