import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Step } from '../../dist/lists/transition.js';
import { openDatabase } from '../../dist/database/database.js';
import { Journal } from '../../dist/spool/journal.js';
import { Spool } from '../../dist/spool/spool.js';
import { sha256 } from '../../dist/spool/digest.js';
import { SpoolError } from '../../dist/errors.js';
import { list, waiting } from '../../dist/database/listRows.js';
import { addTransition, transitions } from '../../dist/database/transitionRows.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

function campaign() {
  const base = temporaryDirectory();
  const spool = new Spool(base);
  spool.prepare(true);
  const { db } = openDatabase(base, []);
  const journal = new Journal(db, spool, () => {});
  const write = (file: string, content: string) => writeFileSync(join(base, file), content);
  const read = (file: string) => readFileSync(join(base, file), 'utf8');
  const has = (file: string) => existsSync(join(base, file));
  return { base, spool, db, journal, write, read, has };
}

const split: Step[] = [
  { op: 'place', path: 'DONE/Okay/a.txt', content: 'one\n' },
  { op: 'place', path: 'TODO/Da.txt', content: 'two\n' },
  { op: 'move', from: 'DOING/a.txt', to: 'DONE/Dirty/a.txt' },
];

test('a transition and its rows are committed together, carried out and struck off', () => {
  const { db, journal, write, read, has } = campaign();
  write('DOING/a.txt', 'one\ntwo\n');
  journal.carry([{ list: 'a.txt', steps: split }], () =>
    waiting(db, { name: 'Da.txt', failures: 1, transfers: 1, splitFrom: 'a.txt', now: 1 }),
  );
  assert.equal(read('DONE/Okay/a.txt'), 'one\n');
  assert.equal(read('TODO/Da.txt'), 'two\n');
  assert.equal(read('DONE/Dirty/a.txt'), 'one\ntwo\n');
  assert.equal(has('DOING/a.txt'), false);
  assert.equal(list(db, 'Da.txt')?.failures, 1);
  assert.deepEqual(transitions(db), []);
});

test('whatever number of its steps was done before, doing it again ends the same', () => {
  for (let done = 0; done <= split.length; done += 1) {
    const { spool, db, journal, write, read, has } = campaign();
    write('DOING/a.txt', 'one\ntwo\n');
    addTransition(db, 'a.txt', JSON.stringify(split));
    spool.carryOut([split.slice(0, done)]);
    assert.equal(journal.redo(), 1);
    assert.equal(journal.redo(), 0);
    assert.deepEqual([read('DONE/Okay/a.txt'), read('TODO/Da.txt'), has('DOING/a.txt')], ['one\n', 'two\n', false]);
  }
});

test('when the rows cannot be written the spool is not touched', () => {
  const { journal, db, write, has } = campaign();
  write('DOING/a.txt', 'one\ntwo\n');
  assert.throws(() =>
    journal.carry([{ list: 'a.txt', steps: split }], () => {
      throw new Error('no');
    }),
  );
  assert.deepEqual(transitions(db), []);
  assert.deepEqual([has('DOING/a.txt'), has('DONE/Okay/a.txt')], [true, false]);
});

test('a name with another content is not overwritten: the transition is set aside and named', () => {
  const { journal, write, read } = campaign();
  write('DOING/a.txt', 'one\ntwo\n');
  write('DONE/Okay/a.txt', 'precious\n');
  journal.carry([{ list: 'a.txt', steps: split }], () => {});
  assert.equal(read('DONE/Okay/a.txt'), 'precious\n');
  assert.equal(read('DOING/a.txt'), 'one\ntwo\n', 'the list has not left');
  assert.equal(journal.isAside('a.txt'), true);
  assert.match(journal.setAside()[0]?.why ?? '', /DONE\/Okay\/a\.txt is there with another content/);
});

test('both names of a move there, or neither: set aside, and the others go on', () => {
  for (const both of [true, false]) {
    const { journal, write, has } = campaign();
    write('DOING/b.txt', 'b\n');
    if (both) for (const place of ['DOING', 'TODO']) write(`${place}/a.txt`, 'a\n');
    const move = (name: string): Step => ({ op: 'move', from: `DOING/${name}`, to: `TODO/${name}` });
    journal.carry(
      [
        { list: 'a.txt', steps: [move('a.txt')] },
        { list: 'b.txt', steps: [move('b.txt')] },
      ],
      () => {},
    );
    assert.equal(has('TODO/b.txt'), true);
    assert.deepEqual(
      journal.setAside().map((aside) => aside.list),
      ['a.txt'],
    );
    assert.equal(has('DOING/a.txt'), both);
  }
});

test('what was set aside is carried out once a person has put the list back', () => {
  const { journal, write, has } = campaign();
  journal.carry([{ list: 'a.txt', steps: [{ op: 'move', from: 'DOING/a.txt', to: 'DONE/Okay/a.txt' }] }], () => {});
  assert.equal(journal.isAside('a.txt'), true);
  write('DOING/a.txt', 'a\n');
  journal.redo();
  assert.equal(journal.isAside('a.txt'), false);
  assert.equal(has('DONE/Okay/a.txt'), true);
});

test('a list is removed only while it is what was read', () => {
  const { journal, write, has } = campaign();
  write('TODO/a.txt', 'changed\n');
  journal.carry([{ list: 'a.txt', steps: [{ op: 'remove', path: 'TODO/a.txt', sha256: sha256('read\n') }] }], () => {});
  assert.equal(has('TODO/a.txt'), true);
  write('TODO/a.txt', 'read\n');
  journal.redo();
  assert.equal(has('TODO/a.txt'), false);
});

test('a step that leads out of the spool is never carried out', () => {
  const { base, journal, write } = campaign();
  write('DOING/a.txt', 'a\n');
  for (const to of ['../out.txt', 'DONE/Okay/../../x.txt', '/tmp/x.txt', 'DONE/Okay/.hidden.txt', 'TODO/a.list'])
    journal.carry([{ list: 'a.txt', steps: [{ op: 'move', from: 'DOING/a.txt', to }] }], () => {});
  assert.equal(journal.setAside().length, 5);
  assert.deepEqual(readdirSync(join(base, 'DOING')), ['a.txt']);
});

test('a fenced-off journal neither commits nor moves', () => {
  const { db, spool, write, has } = campaign();
  write('DOING/a.txt', 'one\ntwo\n');
  const journal = new Journal(db, spool, () => {
    throw new Error('the lease is lost');
  });
  assert.throws(() => journal.carry([{ list: 'a.txt', steps: split }], () => {}), /the lease is lost/);
  assert.deepEqual([transitions(db).length, has('DOING/a.txt')], [0, true]);
});

test('a journal that is fenced off after its commit moves nothing, and the next one does', () => {
  const { db, spool, write, has } = campaign();
  write('DOING/a.txt', 'one\ntwo\n');
  let looks = 0;
  const journal = new Journal(db, spool, () => {
    looks += 1;
    if (looks > 1) throw new Error('the lease is lost');
  });
  assert.throws(() => journal.carry([{ list: 'a.txt', steps: split }], () => {}), /the lease is lost/);
  assert.deepEqual([transitions(db).length, has('DOING/a.txt')], [1, true]);
  new Journal(db, spool, () => {}).redo();
  assert.deepEqual([transitions(db).length, has('DOING/a.txt')], [0, false]);
});

test('lists are written readable by the group and by nobody else, whatever the umask', () => {
  const before = process.umask(0);
  try {
    const { base, spool } = campaign();
    spool.carryOut([[{ op: 'place', path: 'TODO/a.txt', content: 'a\n' }]]);
    assert.equal(statSync(join(base, 'TODO/a.txt')).mode & 0o777, 0o640);
  } finally {
    process.umask(before);
  }
});

test('links, directories and odd names are strange, hidden files are ours', () => {
  const { base, spool, write } = campaign();
  write('TODO/a.txt', 'a\n');
  write('TODO/notes.md', 'x\n');
  write('TODO/.a.txt.draft', 'x\n');
  mkdirSync(join(base, 'TODO/dir.txt'));
  symlinkSync('/etc/passwd', join(base, 'TODO/link.txt'));
  const { lists, strange } = spool.listing('TODO');
  assert.deepEqual(lists, ['a.txt']);
  assert.deepEqual([...strange].sort(), ['TODO/dir.txt', 'TODO/link.txt', 'TODO/notes.md']);
  assert.ok('why' in spool.read('TODO', 'link.txt'));
});

test('a missing directory of an existing campaign is a trouble with its cure', () => {
  const base = temporaryDirectory();
  assert.throws(
    () => new Spool(base).prepare(false),
    (error) => error instanceof SpoolError && /mkdir -p/.test(error.message),
  );
});
