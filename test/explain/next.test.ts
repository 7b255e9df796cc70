/** whatNext: what is said of a list in each of its states. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { whatNext, type ListFacts } from '../../dist/explain/next.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const FACTS: ListFacts = {
  list: 'L.txt',
  where: 'TODO',
  done: [],
  row: 'WAITING',
  job: { id: 'J', server: 'RAL', state: null, judged: null, isProbe: false, isSpared: false },
  submittingSince: NOW,
  failures: 0,
  pinned: null,
  staysBack: false,
  storage: null,
  tooOld: null,
  heldUntil: null,
  tokensWanted: null,
  ahead: 0,
  listsPerRun: 5,
  rules: { max_failures: 3, canceled: 'report', permanent_at_once: false },
  transitions: [],
  now: NOW,
};
const job = (state: string, judged = state) => ({
  id: 'J',
  server: 'RAL',
  state,
  judged,
  isProbe: false,
  isSpared: false,
});
const DOING = { where: 'DOING', row: 'SUBMITTED' } as const;

const CASES: readonly (readonly [string, Partial<ListFacts>, RegExp])[] = [
  ['the oldest list goes next', {}, /^The next run of the consumer submits it\. Failures: 0 of 3\.$/],
  [
    'one whose storage is broken waits for that',
    { storage: 'Storage srm://a is broken.' },
    /^Storage srm:\/\/a is broken\. Then: The next run of the consumer submits it/,
  ],
  [
    'one that no server knows how to send waits for a newer one',
    { tooOld: 'RAL does not know archive_metadata.' },
    /^It waits in TODO for a newer server, or for other settings: RAL does not know archive_metadata\. Then: The next run/,
  ],
  ['one on which servers failed alone waits for a person', { staysBack: true }, /^It stays back in TODO.*requeue\.js/],
  ['the fifth still goes next', { ahead: 4 }, /^The next run/],
  ['the sixth goes in the run after', { ahead: 5 }, /^5 lists go out before it, 5 a run: the 2nd run .*within 4 hours/],
  ['the eleventh run is no eleventst', { ahead: 50 }, /the 11th run/],
  ['a list that was moved goes where it was moved', { pinned: 'CERN' }, /submits it to CERN, where it was moved to/],
  ['a list that came back from DONE starts afresh', { row: 'SETTLED' }, /failures forgotten/],
  [
    'held',
    { heldUntil: new Date('2026-11-23T13:00:00Z') },
    /^An earlier copy .* no program sends it before 2026-11-23T13:00:00\.000Z\. Then: The next run of the consumer submits it/,
  ],
  [
    'one whose tokens must not be sent',
    { tokensWanted: 'route "dcache": FTS could not exchange it; put another one there', ahead: 5 },
    /^It waits in TODO for other tokens: route "dcache": .*; put another one there\. Then: 5 lists go out before it/,
  ],
  [
    'a lost answer is looked for whatever its tokens are',
    { row: 'SUBMITTING', tokensWanted: 'route "dcache": it is over' },
    /^The answer of RAL was lost: the next run/,
  ],
  ['no failure is left', { failures: 3 }, /Failures: 3 of 3: if its job fails as a whole, it goes to DONE\/Bad\.$/],
  ['a lost answer', { row: 'SUBMITTING' }, /looks for job J there, adopts it, or repeats/],
  [
    'an answer lost for too long',
    { row: 'SUBMITTING', submittingSince: new Date(NOW.getTime() - 7 * 86_400_000) },
    /lost 7 days ago.*moveServer\.js L\.txt --abandon$/,
  ],
  ['moved to TODO by hand', { row: 'SUBMITTED' }, /moves it back to DOING/],
  ['in DOING without a row', { where: 'DOING', row: 'none' }, /on every server.*rule 1/],
  ['in DOING and not with FTS', { where: 'DOING' }, /moves it to TODO\.$/],
  ['in DOING, answer lost', { where: 'DOING', row: 'SUBMITTING' }, /looks for job J at RAL/],
  [
    'never seen',
    { ...DOING, job: { id: 'J', server: 'RAL', state: null, judged: null, isProbe: false, isSpared: false } },
    /FTS goes on with it \(rule 6/,
  ],
  ['ACTIVE', { ...DOING, job: job('ACTIVE') }, /FTS goes on with it \(rule 4, ACTIVE\)/],
  [
    'a probe',
    { ...DOING, job: { ...job('ACTIVE'), isProbe: true } },
    /FTS goes on with it \(rule 4, ACTIVE\).*It is the probe of a broken storage: .* no failure of the list\. Failures: 0 of 3\.$/,
  ],
  ['STAGING', { ...DOING, job: job('STAGING') }, /FTS goes on with it \(rule 7/],
  ['FINISHED', { ...DOING, job: job('FINISHED') }, /DONE\/Okay \(rule 2/],
  ['FINISHEDDIRTY', { ...DOING, job: job('FINISHEDDIRTY') }, /splits it \(rule 3.*DL\.txt/],
  ['FAILED', { ...DOING, failures: 2, job: job('FAILED') }, /back to TODO \(rule 5, FAILED\): failure 3 of 3/],
  ['FAILED too often', { ...DOING, failures: 3, job: job('FAILED') }, /DONE\/Bad \(rule 5.*its failure 4, more than/],
  ['CANCELED', { ...DOING, job: job('CANCELED') }, /Nothing happens by itself.*requeue\.js L\.txt$/],
  [
    'CANCELED, and its files are not known',
    { ...DOING, job: { ...job('CANCELED'), judged: null } },
    /Nothing happens by itself \(rule 7, .*\), unless FTS itself has ended it\. .*requeue\.js L\.txt$/,
  ],
  [
    'CANCELED by FTS',
    { ...DOING, job: job('CANCELED', 'FAILED') },
    /back to TODO \(rule 5, FAILED: FTS itself has ended it, CANCELED\): failure 1 of 3/,
  ],
  [
    'CANCELED by FTS, some finished',
    { ...DOING, job: job('CANCELED', 'FINISHEDDIRTY') },
    /splits it \(rule 3, FINISHEDDIRTY: FTS itself has ended it/,
  ],
  ['unknown', { ...DOING, job: job('BEAMED_UP') }, /ask the operators of RAL what BEAMED_UP means/],
  ['in both', { where: 'both' }, /diff TODO\/L\.txt DOING\/L\.txt/],
  ['taken away', { where: 'neither', done: ['DONE/Bad'] }, /although its story is not over/],
  ['in DONE/Bad', { where: 'neither', row: 'SETTLED', done: ['DONE/Okay', 'DONE/Bad'] }, /waits for a person/],
  ['in DONE/Okay', { where: 'neither', row: 'SETTLED', done: ['DONE/Okay'] }, /it has finished/],
  ['in DONE/Dirty', { where: 'neither', row: 'SETTLED', done: ['DONE/Dirty'] }, /split into/],
  ['removed', { where: 'neither', row: 'SETTLED' }, /the list is gone/],
  ['unheard of', { where: 'neither', row: 'none' }, /no list of this name/],
  ['in the journal', { transitions: [{ aside: null }] }, /next run of any program finishes it/],
  ['set aside', { transitions: [{ aside: 'both are there' }] }, /set aside \(both are there\)/],
];

for (const [name, facts, said] of CASES)
  test(`what is said of a list: ${name}`, () => {
    assert.match(whatNext({ ...FACTS, ...facts }), said);
  });
