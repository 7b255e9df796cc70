/** existing: what FTS reports of a destination that exists, and what follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fitsReport, onceThere } from '../../dist/rules/existing.js';

const REPORT = { size: 3, checksum: 'ADLER32:021700dc', onDisk: true, onTape: true };

test('a report is compared with a checksum of its own algorithm, in whatever case, and with a line that has none', () => {
  assert.equal(fitsReport(REPORT, 'adler32:021700dc'), true);
  assert.equal(fitsReport(REPORT, undefined), true);
  assert.equal(fitsReport(REPORT, 'MD5:764efa883dda1e11db47671c4a3bbd9e'), false);
});

test('the right file is done where it is on tape', () => {
  assert.deepEqual(onceThere(REPORT), { kind: 'same', by: 'dst_file_report' });
  assert.deepEqual(onceThere({ ...REPORT, onDisk: false }), { kind: 'same', by: 'dst_file_report' });
  assert.equal(onceThere({ ...REPORT, onTape: false }).kind, 'not on tape');
  assert.equal(onceThere({ ...REPORT, onDisk: false, onTape: false }).kind, 'not on tape');
});
