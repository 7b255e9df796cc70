import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from '../../dist/servers/servers.js';
import { perDay, remainingInWords } from '../../dist/lfnLists/pace.js';
import { Summary } from '../../dist/run/summary.js';
import { worst, EXIT } from '../../dist/errors.js';

test('the JSON has the agreed keys, each list all of its own', () => {
  const summary = new Summary('monitor', false);
  summary.list(
    { list: 'a.txt', action: 'moved', rule: 2, state: 'FINISHED', jobId: 'j', server: 'RAL', to: ['DONE/Okay/a.txt'] },
    20,
  );
  summary.list({ list: 'b.txt', action: 'kept' });
  summary.note('a note is no warning');
  summary.warn('one');
  summary.needsAttention('two');
  assert.deepEqual(JSON.parse(summary.json(3)), {
    program: 'monitor',
    lists: [
      {
        list: 'a.txt',
        state: 'FINISHED',
        rule: 2,
        action: 'moved',
        jobId: 'j',
        server: 'RAL',
        to: ['DONE/Okay/a.txt'],
      },
      { list: 'b.txt', state: null, rule: null, action: 'kept', jobId: null, server: null, to: [] },
    ],
    counts: {
      cut: 0,
      submitted: 0,
      adopted: 0,
      waiting: 0,
      kept: 1,
      moved: 1,
      split: 0,
      bad: 0,
      skipped: 0,
      transfers: 20,
    },
    warnings: ['one', 'two'],
    exit: 3,
  });
});

test('a person is needed by what a person must see, and transfers in DONE/Bad are worth reading', () => {
  const summary = new Summary('monitor', false);
  summary.warn('a warning');
  assert.equal(summary.needsPerson(), false);
  assert.equal(summary.worthReading(), false);
  summary.bad(1);
  assert.equal(summary.worthReading(), true);
  assert.equal(summary.needsPerson(), false);
  summary.needsAttention('look');
  assert.equal(summary.needsPerson(), true);
});

test('of thousands of lists a mail names a few, under each action and in each message', () => {
  const told: string[] = [];
  const summary = new Summary('consumer', false, ({ list }) => told.push(list));
  for (let index = 0; index < 2000; index += 1) {
    summary.list({ list: `w${index}.txt`, action: 'waiting' });
    summary.warnWaits(`w${index}.txt`, ': storage srm://a is banned');
  }
  summary.warn('in between');
  summary.warnWaits('x.txt', ' for RAL');
  const lines = summary.text().split('\n');
  assert.equal(lines.length, 27);
  assert.deepEqual(lines.slice(20), [
    '  w18.txt',
    '  w19.txt',
    '  … and 1980 more',
    '! 2000 lists (w0.txt, w1.txt, w2.txt and 1997 more) wait in TODO: storage srm://a is banned',
    '! in between',
    '! List "x.txt" waits in TODO for RAL',
    '',
  ]);
  assert.equal(told.length, 2000, 'the log hears of each');
});

test('what servers say reaches no terminal raw', () => {
  const summary = new Summary('monitor', false);
  summary.needsAttention('\u001b[31mred\u0007 and\nmore');
  assert.doesNotMatch(summary.text(), /[\u001b\u0007]/);
  assert.equal(summary.text().split('\n').length, 3);
});

test('of several exit statuses the gravest ends the run', () => {
  assert.equal(worst([]), EXIT.ok);
  assert.equal(worst([3, 5]), 5);
  assert.equal(worst([5, 6, 3]), 6);
  assert.equal(worst([6, 4]), 4);
  assert.equal(worst([4, 2]), 2);
  assert.equal(worst([2, 1]), 1);
});

test('servers are drawn by weight, and one of weight 0 never', () => {
  const servers = [{ weight: 0 }, { weight: 30 }, { weight: 70 }];
  assert.equal(draw(servers, 0), servers[1]);
  assert.equal(draw(servers, 0.299), servers[1]);
  assert.equal(draw(servers, 0.301), servers[2]);
  assert.equal(draw(servers, 0.999999), servers[2]);
  assert.equal(draw([{ weight: 0 }], 0.5), null);
  assert.equal(draw([], 0.5), null);
});

test('the pace is that of the last runs; one run alone counts as one of twelve a day', () => {
  const hours = (count: number) => count * 3_600_000;
  assert.equal(perDay([]), 0);
  assert.equal(perDay([{ at: 0, transfers: 20 }]), 240);
  const every2h = [0, 2, 4, 6].map((hour) => ({ at: hours(hour), transfers: 20 }));
  assert.equal(Math.round(perDay(every2h)), 240);
  assert.equal(
    perDay([
      { at: 0, transfers: 20 },
      { at: 1000, transfers: 40 },
    ]),
    480,
  );
});

test('what remains is said in words', () => {
  assert.equal(remainingInWords(4080, 240), 'about 4,080 LFNs remain: 17 days at the present pace (240 a day)');
  assert.equal(remainingInWords(0, 240), 'no LFNs remain');
  assert.equal(remainingInWords(1, 0), 'about 1 LFN remains');
  assert.equal(remainingInWords(0.3, 0), 'about 1 LFN remains');
  assert.equal(remainingInWords(250, 240), 'about 250 LFNs remain: 1 day at the present pace (240 a day)');
  assert.equal(remainingInWords(5, 0), 'about 5 LFNs remain');
});
