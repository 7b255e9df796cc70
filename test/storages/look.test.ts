/** look: what the words of gfal-stat and gfal-sum mean, and what follows for a transfer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { forEach, type CommandEnd } from '../../dist/storages/gfal.js';
import { readStat, readSum, statFile, sumFile } from '../../dist/storages/look.js';
import { prove } from '../../dist/storages/proof.js';
import { realGfal, Storages } from '../support/storages.js';

const [SOURCE, DESTINATION] = ['srm://castor.example.org/lhcb/a', 'root://echo.example.org//lhcb/a'];
const GONE = 'gfal-stat error: 2 (No such file or directory) - not there';
const MOCK = 'mock://host.example.org/a';

const ended = (exit: number | null, stderr: string, stdout = ''): CommandEnd => ({
  command: 'gfal-stat',
  exit,
  stdout,
  stderr,
  lateAfter: null,
});

test("only the errno 2 in gfal-stat's own words is a missing file", () => {
  const kinds = [
    ended(0, '', '  Size: 7\tregular file\n'),
    ended(0, 'a warning'),
    ended(2, `${GONE}\n`),
    ended(2, `WARNING: slow\n${GONE}\n`),
    ended(2, 'usage: gfal-stat'),
    ended(2, ''),
    ended(1, GONE),
    ended(13, 'gfal-stat error: 13 (Permission denied) - No such file'),
    ended(null, ''),
    { ...ended(2, GONE), lateAfter: 9 },
  ].map((each) => readStat(each).kind);
  const unknown = Array.from({ length: 6 }, () => 'unknown');
  assert.deepEqual(kinds, ['there', 'there', 'missing', 'missing', ...unknown]);
});

test('the time of a file is read as UTC, and that of a storage which knows none is none', () => {
  const modified = (text: string) => {
    const stat = readStat(ended(0, '', `  Size: 7\tregular file\nModify: ${text}.000000\n`));
    return stat.kind === 'there' ? stat.modified : undefined;
  };
  assert.equal(modified('2018-04-12 10:00:00'), Date.UTC(2018, 3, 12, 10));
  assert.equal(modified('1970-01-01 00:00:00'), null);
});

test('a size that is not said is not known, and an answer without a checksum is none', () => {
  assert.deepEqual(readStat(ended(0, '')), { kind: 'there', size: null, modified: null, isDirectory: false });
  assert.deepEqual(readSum(ended(0, '', `${MOCK} 0A1B2C3D\n`)), { kind: 'sum', digits: '0a1b2c3d' });
  assert.equal(readSum(ended(0, '', `${MOCK} \n`)).kind, 'unknown');
});

describe('a transfer', { concurrency: 4 }, () => {
  const proofOf = async (storages: Storages, columns: { checksum?: string; size?: number } = {}) =>
    prove({ source: SOURCE, destination: DESTINATION, ...columns }, { timeoutSeconds: 10, env: storages.env });

  test('has arrived when size and checksum are those of its list, in whichever case and with whichever zeros', async () => {
    const storages = new Storages();
    storages.put(DESTINATION, 'hi\n');
    const found = { checksum: 'adler32:021700dc', size: 3 };
    assert.deepEqual(await proofOf(storages, { checksum: 'adler32:21700DC', size: 3 }), {
      kind: 'same',
      found,
      by: 'list',
    });
    assert.deepEqual(await proofOf(storages, { checksum: 'ADLER32:deadbeef', size: 3 }), {
      kind: 'different',
      expected: { checksum: 'ADLER32:deadbeef', size: 3 },
      found: { checksum: 'ADLER32:021700dc', size: 3 },
    });
  });

  test('of another size is another file, and no checksum is asked for', async () => {
    const storages = new Storages();
    storages.put(DESTINATION, 'hi\n');
    assert.equal((await proofOf(storages, { size: 4 })).kind, 'different');
    assert.deepEqual(storages.asked().length, 1);
  });

  test('without a checksum in its list is compared with its source', async () => {
    const storages = new Storages();
    storages.put(DESTINATION, 'hi\n');
    storages.put(SOURCE, 'hi\n');
    const proof = await proofOf(storages);
    assert.deepEqual(proof.kind === 'same' && proof.by, 'source');
    storages.put(SOURCE, 'ho\n');
    assert.equal((await proofOf(storages)).kind, 'different');
  });

  test('of which only the size is known is not proved', async () => {
    const storages = new Storages();
    storages.put(DESTINATION, 'hi\n');
    const proof = await proofOf(storages, { size: 3 });
    assert.ok(proof.kind === 'unknown');
    assert.match(proof.reason, /nor has the source: gfal-sum error: 2 /);
  });

  test('is missing only where the storage says so', async () => {
    const storages = new Storages();
    assert.equal((await proofOf(storages)).kind, 'missing');
    const denied = { source: SOURCE, destination: 'root://echo.example.org//denied/a' };
    assert.equal((await prove(denied, { timeoutSeconds: 10, env: storages.env })).kind, 'unknown');
  });
});

test('gfal2 itself says it in these words', { skip: realGfal() === null }, async () => {
  const options = { timeoutSeconds: 10, env: realGfal() ?? {} };
  assert.deepEqual(await statFile(`${MOCK}?size=7`, options), {
    kind: 'there',
    size: 7,
    modified: null,
    isDirectory: false,
  });
  assert.equal((await statFile(`${MOCK}?errno=2`, options)).kind, 'missing');
  assert.equal((await statFile(`${MOCK}?errno=13`, options)).kind, 'unknown');
  const sum = await sumFile(`${MOCK}?size=7&checksum=0a1b2c3d`, 'ADLER32', options);
  assert.deepEqual(sum, { kind: 'sum', digits: '0a1b2c3d' });
  assert.equal((await sumFile(`${MOCK}?errno=2`, 'ADLER32', options)).kind, 'missing');
});

test('nothing new is begun once there is a reason to stop', async () => {
  const done: number[] = [];
  const mustStop = (): string | null => (done.length >= 3 ? 'enough' : null);
  await forEach([1, 2, 3, 4, 5], { parallel: 1, mustStop }, async (item) => {
    done.push(await Promise.resolve(item));
  });
  assert.deepEqual(done, [1, 2, 3]);
});
