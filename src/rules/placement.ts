/**
 * placement: what the programs do with a list, by its row and by where it stands.
 *
 * Row and place can disagree: a crash, a person's `mv`, a restored database. This table says what is safe in each
 * case. The consumer carries out the column TODO, the monitor the other two.
 */

export type RowState = 'WAITING' | 'SUBMITTING' | 'SUBMITTED' | 'SETTLED';
export type Where = 'TODO' | 'DOING' | 'neither' | 'both';

export type NextStep =
  /** Submit: the next attempt of this list. */
  | 'submit'
  /** A person sent it back from DONE: the next attempt, its failures forgotten. */
  | 'submit afresh'
  /** Its POST may have arrived: look, then adopt the job or repeat the same sid at the same server. */
  | 'look, then repeat'
  /** FTS has it already: back to DOING, never submitted again. */
  | 'back to DOING'
  /** Nothing is recorded, so look for its sids on every server; adopt, or rule 1. */
  | 'look for its jobs'
  /** Not with FTS: to TODO. */
  | 'to TODO'
  /** As `to TODO`, and its failures are forgotten. */
  | 'to TODO afresh'
  /** Adopt the job if there is one; else to TODO, where the consumer repeats it. */
  | 'look, else to TODO'
  | 'the seven rules'
  /** The list is gone, its row is open: tell a person, once. */
  | 'name once'
  /** The list is gone and a job may be running: look, and tell a person. */
  | 'look and name'
  /** Two copies of one list: whichever is right, a person must say. */
  | 'leave and name'
  | 'nothing';

const PLACEMENT: Record<RowState | 'none', Record<Exclude<Where, 'both'>, NextStep>> = {
  none: { TODO: 'submit', DOING: 'look for its jobs', neither: 'nothing' },
  WAITING: { TODO: 'submit', DOING: 'to TODO', neither: 'name once' },
  SUBMITTING: { TODO: 'look, then repeat', DOING: 'look, else to TODO', neither: 'look and name' },
  SUBMITTED: { TODO: 'back to DOING', DOING: 'the seven rules', neither: 'name once' },
  SETTLED: { TODO: 'submit afresh', DOING: 'to TODO afresh', neither: 'nothing' },
};

export function nextStep(row: RowState | 'none', where: Where): NextStep {
  return where === 'both' ? 'leave and name' : PLACEMENT[row][where];
}

export function whereIs(inTodo: boolean, inDoing: boolean): Where {
  if (inTodo && inDoing) return 'both';
  if (inTodo) return 'TODO';
  return inDoing ? 'DOING' : 'neither';
}
