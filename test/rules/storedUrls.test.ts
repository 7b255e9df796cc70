/**
 * storedUrls: sources as they were sent to a real FTS3 3.13 and as it stored them, with and without staging.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { readSurl, staged } from '../../dist/rehearsal/server/protocol/surl.js';
import { isSame, match } from '../../dist/rules/match.js';
import { stagedFile, stagedLine } from '../../dist/rules/stagedSource.js';

const TABLE = readFileSync(new URL('../../test/recordings/urls.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'))
  .map(([sent = '', stored = '', staging = '']) => ({
    sent: JSON.parse(sent) as string,
    stored: JSON.parse(stored) as string,
    staging: staging === 'yes',
  }));
const destination = 'gsiftp://d/f';

describe('stored URLs', () => {
  test('a line is found again in its job, whatever FTS has made of its source', () => {
    assert.ok(TABLE.length > 80);
    for (const { sent, stored } of TABLE)
      assert.ok(isSame({ source: sent, destination }, { source: stored, destination }), `${sent} ${stored}`);
  });

  test('and no line is found in the job of another source that is stored otherwise', () => {
    const staging = TABLE.filter((each) => each.staging);
    for (const one of staging)
      for (const other of staging)
        assert.equal(
          isSame({ source: one.sent, destination }, { source: other.stored, destination }),
          one.stored.replace(/[?&]activity=[^&#]*(#|$)/, '$1') ===
            other.stored.replace(/[?&]activity=[^&#]*(#|$)/, '$1') || one.sent === other.stored,
          `${one.sent} ${other.stored}`,
        );
  });

  test('the rehearsal server stores what the real one stores', () => {
    for (const { sent, stored, staging } of TABLE) {
      const { url } = readSurl(sent);
      const activity = new URLSearchParams(/[?&](activity=[^&#]*)(#|$)/.exec(stored)?.[1] ?? '').get('activity');
      assert.equal(staging ? staged(url, activity ?? 'default') : url, stored);
    }
  });

  test('only root is staged so, and an activity that a list has itself stays its own', () => {
    assert.equal(stagedLine('roots://h//f'), null);
    assert.equal(stagedFile('root://h//f'), null);
    assert.equal(stagedFile('root://h//f?activity=x&k=v'), null);
    const [line, file] = ['root://h//f?activity=old', 'root://h//f?activity=old&activity=default'];
    assert.ok(isSame({ source: line, destination }, { source: line, destination }));
    assert.ok(isSame({ source: line, destination }, { source: file, destination }));
    assert.ok(!isSame({ source: 'root://h//f', destination }, { source: file, destination }));
  });

  test('lines of a staged job that changed places find their own files; a destination that is the source does too', () => {
    const lines = [3, 4, 5].map((line) => ({ source: `root://h//f${line}`, destination: `gsiftp://d/${line}`, line }));
    const same = { source: 'root://h//s', destination: 'root://h//s', line: 6 };
    const files = [...lines, same].map((each, index) => ({
      source: `${each.source}?activity=default`,
      destination: each === same ? `${each.source}?activity=default` : each.destination,
      index,
      state: 'FINISHED',
      reason: '',
    }));
    const found = match([same, ...[...lines].reverse()], files);
    assert.deepEqual(
      found.matched.map(({ line, file }) => [line.line, file.index]),
      [
        [3, 0],
        [4, 1],
        [5, 2],
        [6, 3],
      ],
    );
    assert.deepEqual([found.unknown, found.extra], [[], []]);
  });
});
