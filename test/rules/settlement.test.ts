import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseList, formatList, type Transfer } from '../../dist/lists/list.js';
import { parseReasons } from '../../dist/rules/reasons.js';
import type { Verdict } from '../../dist/rules/rules.js';
import { plan, type Names, type Plan } from '../../dist/rules/settlement.js';
import { sort, type FinalList } from '../../dist/rules/sortLines.js';
import { parsePath } from '../../dist/lists/transition.js';

const REASONS = parseReasons(
  'class\tpattern\tmeaning\tsource\npermanent\tNo such file\tmissing\tx\nconfig\tHTTP 507\tfull\tx\ntransient\t.*\tunknown\tx\n',
  'reasons.tsv',
);
const names: Names = { free: (_place, name) => name, fresh: (name) => name };
const DIRTY: Verdict = { kind: 'split', cancelled: 'bad' };

interface End {
  readonly state: string;
  readonly reason?: string;
}

const transfer = (number: number): Transfer => ({ source: `srm://s/f${number}`, destination: `gsiftp://d/f${number}` });

function settled(ends: readonly End[], text?: string): FinalList {
  const list =
    text ??
    formatList(
      {},
      ends.map((_, index) => transfer(index)),
    );
  return {
    list: 'FTSList-20260101-000000-0001.txt',
    parsed: parseList(Buffer.from(list)),
    sha256: () => 'abc',
    job: {
      id: 'job',
      server: 'RAL',
      cancelJob: false,
      sent: null,
      files: ends.map((end, index) => ({ index, reason: '', ...transfer(index), ...end })),
    },
    earlier: 0,
    failures: 1,
    campaign: 'c',
    at: new Date('2026-01-02T03:04:05Z'),
  };
}

function planned(input: FinalList, verdict: Verdict): Plan | null {
  return plan(input, verdict, sort(input, verdict, REASONS), names);
}

/** Every source that the steps leave in a place, as `PLACE source`; a moved list counts with all its lines. */
function left(input: FinalList, result: Plan): string[] {
  const found: string[] = [];
  for (const step of result.transition.steps) {
    if (step.op === 'remove') continue;
    const place = parsePath(step.op === 'move' ? step.to : step.path)?.place;
    const lines = step.op === 'move' ? input.parsed.transfers : parseList(Buffer.from(step.content)).transfers;
    if (place !== 'DONE/Dirty') found.push(...lines.map((line) => `${place} ${line.source}`));
  }
  return found.sort();
}

test('a FINISHED list is moved to DONE/Okay as it is', () => {
  const result = planned(settled([{ state: 'FINISHED' }, { state: 'FINISHED' }]), { kind: 'settle' });
  assert.deepEqual(result?.transition.steps, [
    { op: 'move', from: 'DOING/FTSList-20260101-000000-0001.txt', to: 'DONE/Okay/FTSList-20260101-000000-0001.txt' },
  ]);
  assert.equal(result.row, 'SETTLED');
});

test('a dirty list is split three ways and leaves DOING last', () => {
  const input = settled([
    { state: 'FINISHED' },
    { state: 'FAILED', reason: 'SOURCE [2] No such file or directory' },
    { state: 'FAILED', reason: 'HTTP 507' },
    { state: 'CANCELED' },
  ]);
  const result = planned(input, DIRTY);
  assert.ok(result);
  assert.deepEqual(left(input, result), [
    'DONE/Bad srm://s/f1',
    'DONE/Bad srm://s/f3',
    'DONE/Okay srm://s/f0',
    'TODO srm://s/f2',
  ]);
  assert.deepEqual(result.transition.steps.at(-1), {
    op: 'move',
    from: 'DOING/FTSList-20260101-000000-0001.txt',
    to: 'DONE/Dirty/FTSList-20260101-000000-0001.txt',
  });
  assert.deepEqual(result.created, [{ name: 'DFTSList-20260101-000000-0001.txt', failures: 1, transfers: 1 }]);
});

test('the rest of a dirty list says where it comes from and how often it failed', () => {
  const result = planned(settled([{ state: 'FINISHED' }, { state: 'FAILED' }]), DIRTY);
  const rest = result?.transition.steps.find((step) => step.op === 'place' && step.path.startsWith('TODO/'));
  assert.ok(rest?.op === 'place');
  assert.deepEqual(parseList(Buffer.from(rest.content)).origin, {
    campaign: 'c',
    splitFrom: 'FTSList-20260101-000000-0001.txt',
    failures: 1,
  });
});

test('a FAILED list goes back to TODO whole, under its name', () => {
  const result = planned(settled([{ state: 'FAILED', reason: 'No such file' }, { state: 'CANCELED' }]), {
    kind: 'retry',
  });
  assert.deepEqual(result?.transition.steps, [
    { op: 'move', from: 'DOING/FTSList-20260101-000000-0001.txt', to: 'TODO/FTSList-20260101-000000-0001.txt' },
  ]);
  assert.equal(result.row, 'WAITING');
});

test('what failed on its way to tape is never sent again: it goes to DONE/Bad under every rule', () => {
  const archived = { state: 'FAILED', reason: 'ARCHIVING [110] archive timeout has been exceeded' };
  for (const verdict of [{ kind: 'retry' }, DIRTY, { kind: 'split', cancelled: 'retry' }] satisfies Verdict[]) {
    const input = settled([archived, { state: 'FAILED', reason: 'HTTP 507' }, { state: 'FAILED' }]);
    const result = planned(input, verdict);
    assert.ok(result);
    assert.deepEqual(left(input, result), ['DONE/Bad srm://s/f0', 'TODO srm://s/f1', 'TODO srm://s/f2']);
    const alone = settled([archived]);
    const moved = planned(alone, verdict);
    assert.ok(moved);
    assert.deepEqual(left(alone, moved), ['DONE/Bad srm://s/f0']);
  }
});

test('a list that failed too often goes to DONE/Bad whole, each transfer under its reason, and is removed last', () => {
  const result = planned(settled([{ state: 'FAILED', reason: 'HTTP 507' }, { state: 'CANCELED' }]), { kind: 'bad' });
  const [bad, last] = result?.transition.steps ?? [];
  assert.ok(bad?.op === 'place');
  assert.match(bad.content, /# config: full \| HTTP 507 \| RAL job \| 2026-01-02T03:04:05Z\nsrm:\/\/s\/f0/);
  assert.deepEqual(last, { op: 'remove', path: 'DOING/FTSList-20260101-000000-0001.txt', sha256: 'abc' });
});

test('permanent_at_once sends only what is permanent to DONE/Bad', () => {
  const input = settled([
    { state: 'FAILED', reason: 'No such file' },
    { state: 'FAILED', reason: 'HTTP 507' },
  ]);
  const result = planned(input, { kind: 'split', cancelled: 'retry' });
  assert.ok(result);
  assert.deepEqual(left(input, result), ['DONE/Bad srm://s/f0', 'TODO srm://s/f1']);
});

test('a cancelled list that is retried with nothing finished goes back whole', () => {
  const result = planned(settled([{ state: 'CANCELED' }]), { kind: 'split', cancelled: 'retry' });
  assert.equal(result?.row, 'WAITING');
});

test('what FTS itself has cancelled goes where its reason says, also beside what a person has cancelled', () => {
  const input = settled([
    { state: 'FINISHED' },
    { state: 'CANCELED', reason: 'HTTP 507' },
    { state: 'CANCELED', reason: 'No such file' },
    { state: 'CANCELED' },
  ]);
  const dirty = planned(input, DIRTY);
  assert.ok(dirty);
  assert.deepEqual(left(input, dirty), [
    'DONE/Bad srm://s/f2',
    'DONE/Bad srm://s/f3',
    'DONE/Okay srm://s/f0',
    'TODO srm://s/f1',
  ]);
  const retried = planned(input, { kind: 'split', cancelled: 'retry' });
  assert.ok(retried);
  assert.deepEqual(left(input, retried), [
    'DONE/Bad srm://s/f2',
    'DONE/Okay srm://s/f0',
    'TODO srm://s/f1',
    'TODO srm://s/f3',
  ]);
});

test('a line that the job does not know goes to TODO as R-, even from a FINISHED list', () => {
  const text = formatList({}, [transfer(0), transfer(7)]);
  const input = settled([{ state: 'FINISHED' }], text);
  const result = planned(input, { kind: 'settle' });
  assert.ok(result);
  assert.deepEqual(left(input, result), ['DONE/Okay srm://s/f0', 'TODO srm://s/f7']);
  assert.equal(result.created[0]?.name, 'R-FTSList-20260101-000000-0001.txt');
});

test('a line with the destination of an earlier one never ran: it is in DONE/Bad, not in DONE/Okay', () => {
  const text = `${formatList({}, [transfer(0)])}srm://s/other  gsiftp://d/f0\n`;
  const result = planned(settled([{ state: 'FINISHED' }], text), { kind: 'settle' });
  const contents = (place: string) =>
    result?.transition.steps.flatMap((step) =>
      step.op === 'place' && step.path.startsWith(place) ? step.content : [],
    );
  assert.match(contents('DONE/Bad')?.[0] ?? '', /# not submitted, line 3 .*srm:\/\/s\/other/);
  assert.doesNotMatch(contents('DONE/Okay')?.[0] ?? '', /other/);
});

test('a final job with files that are not final plans nothing', () => {
  for (const state of ['ACTIVE', 'SUBMITTED', 'NOT_USED', 'WHAT']) {
    const input = settled([{ state: 'FINISHED' }, { state }]);
    assert.equal(planned(input, DIRTY), null, state);
    assert.equal(sort(input, DIRTY, REASONS).unfinished, 1);
  }
});

test('files of the same base name are told apart by their whole URLs', () => {
  const pair = (run: number): Transfer => ({ source: `srm://s/${run}/raw`, destination: `gsiftp://d/${run}/raw` });
  const input = settled([], formatList({}, [pair(1), pair(2)]));
  const files = [
    { index: 0, state: 'FAILED', reason: 'HTTP 507', ...pair(2) },
    { index: 1, state: 'FINISHED', reason: '', ...pair(1) },
  ];
  const result = planned({ ...input, job: { ...input.job, files } }, DIRTY);
  assert.deepEqual(result && left(input, result), ['DONE/Okay srm://s/1/raw', 'TODO srm://s/2/raw']);
});

test('a transfer that somebody took out of the list is counted', () => {
  const input = settled([{ state: 'FINISHED' }, { state: 'FINISHED' }], formatList({}, [transfer(0)]));
  assert.equal(sort(input, { kind: 'settle' }, REASONS).extra, 1);
});

test('whatever the files say, every line ends in exactly one place', () => {
  const end = fc.record({
    state: fc.constantFrom('FINISHED', 'FAILED', 'CANCELED'),
    reason: fc.constantFrom('', 'No such file', 'HTTP 507', '500 No such file or directory', 'ARCHIVING [5] x'),
  });
  const verdict = fc.constantFrom<Verdict>(
    { kind: 'settle' },
    DIRTY,
    { kind: 'split', cancelled: 'retry' },
    { kind: 'retry' },
    { kind: 'bad' },
  );
  fc.assert(
    fc.property(fc.array(end, { minLength: 1, maxLength: 12 }), fc.nat(3), verdict, (ends, extra, ruling) => {
      // A whole-list verdict never meets a finished file: such a job would be FINISHEDDIRTY.
      fc.pre(ruling.kind !== 'bad' || ends.every((each) => each.state !== 'FINISHED'));
      const lines = Array.from({ length: ends.length + extra }, (_, index) => transfer(index));
      const input = settled(ends, formatList({}, lines));
      const result = planned(input, ruling);
      assert.ok(result);
      const sources = left(input, result).map((entry) => entry.split(' ')[1] ?? '');
      assert.deepEqual(sources.sort(), lines.map((line) => line.source).sort());
      assert.ok(
        result.transition.steps.every((step, index, all) => step.op !== 'place' || all[index - 1]?.op !== 'remove'),
      );
    }),
  );
});
