/**
 * next: what will happen next with a list, and what a person can do about it.
 *
 * The tables of placement and the seven rules say what the programs do; here the same tables speak in words. Nothing is
 * promised that they would not do.
 */
import { nextStep, type RowState, type Where } from '../rules/placement.js';
import { decide, RULES, type RuleSettings } from '../rules/rules.js';
import { isFinal } from '../rules/states.js';
import { MAX_SUBMITTING_DAYS } from '../rules/submission.js';
import { DAY_MS, plural } from '../text/words.js';

/** What is known of a list when somebody asks what becomes of it. */
export interface ListFacts {
  readonly list: string;
  readonly where: Where;
  /** It stands in DONE/Bad, DONE/Okay or DONE/Dirty. */
  readonly done: readonly ('DONE/Okay' | 'DONE/Bad' | 'DONE/Dirty')[];
  readonly row: RowState | 'none';
  /** The job of the current attempt; `state` as FTS says it now, or as it was last seen. */
  readonly job: {
    readonly id: string;
    readonly server: string;
    readonly state: string | null;
    /** The state by which the rules judge it; null where its transfers are not known. */
    readonly judged: string | null;
    /** It was sent although a storage of it was broken, to see whether a file arrives. */
    readonly isProbe: boolean;
    /** A probe that failed by the fault of its broken storage: no failure of the list. */
    readonly isSpared: boolean;
  } | null;
  /** Since when the answer to its submission is missing. */
  readonly submittingSince: Date | null;
  /** The lineage's failures up to now. */
  readonly failures: number;
  /** The server to which a person has moved it. */
  readonly pinned: string | null;
  /** Servers have failed on it alone, so the consumer leaves it. */
  readonly staysBack: boolean;
  /** An earlier copy of it may still be going on: it is not sent before. */
  readonly heldUntil: Date | null;
  /** Why it waits for other tokens of its route, with the next step. */
  readonly tokensWanted: string | null;
  /** Why it waits for a storage that is held or broken, as a sentence. */
  readonly storage: string | null;
  /** Why no server that may get it is new enough, as a sentence. */
  readonly tooOld: string | null;
  /** Lists in TODO that go out before it. */
  readonly ahead: number;
  readonly listsPerRun: number;
  readonly rules: RuleSettings;
  /** Its entries in the journal. */
  readonly transitions: readonly { readonly aside: string | null }[];
  readonly now: Date;
}

/** Cron starts each program every two hours. */
const HOURS_BETWEEN_RUNS = 2;

/** One sentence, or two. */
export function whatNext(facts: ListFacts): string {
  const aside = facts.transitions.find((transition) => transition.aside !== null);
  if (aside !== undefined)
    return `A move of it was set aside (${aside.aside ?? ''}): put the list where the move expects it, and the next run goes on with it.`;
  if (facts.transitions.length > 0) return 'A move of it is in the journal: the next run of any program finishes it.';
  return nextInSpool(facts);
}

function nextInSpool(facts: ListFacts): string {
  const { job, list } = facts;
  const next = nextStep(facts.row, facts.where);
  if (facts.staysBack && facts.where === 'TODO')
    return `It stays back in TODO, as a server failed on it in several runs in which it accepted others: look at its lines, then: node dist/misc/requeue.js ${list}`;
  switch (next) {
    case 'submit':
    case 'submit afresh':
      return `${hold(facts)}${tokens(facts)}${brakes(facts)}${newer(facts)}${turn(facts)} submits it${facts.pinned === null ? '' : ` to ${facts.pinned}, where it was moved to`}${
        next === 'submit' ? '' : ', with its failures forgotten'
      }. ${room(facts)}`;
    case 'look, then repeat':
      return whenLost(facts);
    case 'back to DOING':
      return `FTS has its job ${job?.id ?? ''} already: the next run of the consumer moves it back to DOING.`;
    case 'look for its jobs':
      return 'It has no record: the next run of the monitor looks for its jobs on every server, adopts one if there is any, and else moves it to TODO (rule 1).';
    case 'to TODO':
    case 'to TODO afresh':
      return 'FTS has no job of it: the next run of the monitor moves it to TODO.';
    case 'look, else to TODO':
      return `The answer to its submission was lost: the next run of the monitor looks for job ${job?.id ?? ''} at ${job?.server ?? 'its server'}, and moves the list to TODO if it is not there.`;
    case 'the seven rules':
      return byRules(facts);
    case 'name once':
    case 'look and name':
      return `It is neither in TODO nor in DOING${facts.done.length === 0 ? '' : ` (it stands in ${facts.done.join(', ')})`}, although its story is not over: put it back; nothing happens by itself.`;
    case 'leave and name':
      return `It stands in TODO and in DOING: nobody touches it until a person has removed the one too many (diff TODO/${list} DOING/${list}).`;
    case 'nothing':
      return whenOver(facts);
  }
}

const hold = ({ heldUntil }: ListFacts): string =>
  heldUntil === null
    ? ''
    : `An earlier copy of its transfers may still be going on, so no program sends it before ${heldUntil.toISOString()}. Then: `;

const tokens = ({ tokensWanted }: ListFacts): string =>
  tokensWanted === null ? '' : `It waits in TODO for other tokens: ${tokensWanted}. Then: `;

const brakes = ({ storage }: ListFacts): string => (storage === null ? '' : `${storage} Then: `);

const newer = ({ tooOld }: ListFacts): string =>
  tooOld === null ? '' : `It waits in TODO for a newer server, or for other settings: ${tooOld} Then: `;

/** The consumer takes the oldest lists first. */
function turn({ ahead, listsPerRun }: ListFacts): string {
  const run = Math.floor(ahead / listsPerRun) + 1;
  if (run === 1) return 'The next run of the consumer';
  return `${plural(ahead, 'list')} go out before it, ${listsPerRun} a run: the ${ordinal(run)} run of the consumer from now (within ${run * HOURS_BETWEEN_RUNS} hours, with a run every two)`;
}

/** How many failures it can still afford. */
function room({ failures, rules }: ListFacts): string {
  const left = rules.max_failures - failures;
  const so = `Failures: ${failures} of ${rules.max_failures}`;
  return left <= 0 ? `${so}: if its job fails as a whole, it goes to DONE/Bad.` : `${so}.`;
}

function whenLost({ job, list, submittingSince, now }: ListFacts): string {
  const [id, server] = [job?.id ?? '', job?.server ?? 'its server'];
  const days = submittingSince === null ? 0 : (now.getTime() - submittingSince.getTime()) / DAY_MS;
  if (days > MAX_SUBMITTING_DAYS)
    return `The answer of ${server} was lost ${Math.floor(days)} days ago, and job ${id} may have been purged since: nothing happens by itself unless it is found. See whether its destinations exist; then take the list away, or: node dist/misc/moveServer.js ${list} --abandon`;
  return `The answer of ${server} was lost: the next run of the consumer looks for job ${id} there, adopts it, or repeats the submission under the same id.`;
}

function byRules(facts: ListFacts): string {
  const { job, failures, rules, list } = facts;
  const state = job?.state ?? 'SUBMITTED';
  const judged = job?.judged ?? state;
  const { rule, verdict } = decide({ state: judged, failures, isSpared: job?.isSpared === true }, rules);
  const whose = judged === state ? '' : `: FTS itself has ended it, ${state}`;
  const by = `(rule ${rule}, ${RULES[rule - 1]?.heading ?? ''}${whose})`;
  const monitor = 'The next run of the monitor';
  switch (verdict.kind) {
    case 'resubmit':
      return `${monitor} moves it to TODO ${by}.`;
    case 'settle':
      return `${monitor} moves it to DONE/Okay ${by}.`;
    case 'split':
      return `${monitor} splits it ${by}: what finished to DONE/Okay, what is permanent to DONE/Bad, the rest as D${list} to TODO.`;
    case 'retry':
      return `${monitor} moves it back to TODO ${by}: ${
        job?.isSpared === true
          ? 'it was a probe of a broken storage, so that is no failure of the list'
          : `failure ${failures + 1} of ${rules.max_failures}`
      }.`;
    case 'bad':
      return `${monitor} moves it to DONE/Bad ${by}: it is its failure ${failures + 1}, more than the ${rules.max_failures} that are allowed.`;
    case 'wait':
      return goesOn(facts, by);
    case 'say':
      if (state === 'CANCELED')
        return `Nothing happens by itself ${by}${job?.judged === null ? ', unless FTS itself has ended it' : ''}. To send again what had not finished: node dist/misc/requeue.js ${list}`;
      return verdict.person || isFinal(state)
        ? `Nothing happens by itself ${by}: ask the operators of ${job?.server ?? 'its server'} what ${state} means.`
        : goesOn(facts, by);
  }
}

function goesOn(facts: ListFacts, by: string): string {
  const probe =
    facts.job?.isProbe === true
      ? ' It is the probe of a broken storage: a failure by the fault of that one is no failure of the list.'
      : '';
  return `FTS goes on with it ${by}; the monitor looks again in each run.${probe} ${room(facts)}`;
}

/** It stands in DONE, or nowhere. */
function whenOver({ done, row, list, heldUntil }: ListFacts): string {
  if (done.includes('DONE/Bad'))
    return `Nothing happens by itself: it waits for a person.${
      heldUntil === null
        ? ''
        : ` An earlier copy may still be going on: it is not sent before ${heldUntil.toISOString()}.`
    } To send again what is in DONE/Bad: node dist/misc/requeue.js ${list}`;
  if (done.includes('DONE/Okay')) return 'Nothing: it has finished.';
  if (done.includes('DONE/Dirty')) return 'Nothing: what it held is in the lists that it was split into.';
  return row === 'none'
    ? 'Nothing: no list of this name is known.'
    : 'Nothing: the list is gone, and its story is over.';
}

function ordinal(number: number): string {
  const [last, teens] = [number % 10, number % 100];
  const ending = teens > 10 && teens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][last] ?? 'th');
  return `${number}${ending}`;
}
