/**
 * The rehearsal of the storages ends well when all has come as it must. That it finds out what has not is tried by `npm
 * run prove`.
 */
import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import test from 'node:test';

import { selfSigned } from '../../dist/rehearsal/campaign/storages/certificate.js';
import { bounded, exactly } from '../../dist/rehearsal/campaign/storages/part.js';
import { storagesTable } from '../../dist/rehearsal/campaign/storages/table.js';
import { painter } from '../../dist/text/paint.js';
import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { REHEARSE, rehearseStorages } from './storagesRun.js';

test('a rehearsal of the storages balances, and all that was to come of each part has come', async () => {
  const { exit, stdout, stderr, base } = await rehearseStorages(3);
  assert.equal(exit, 0, stdout + stderr);
  assert.match(stdout, /^ +200 {2}lines of the LFN lists were cut$/m);
  assert.match(stdout, /^ +200 {2}every line is accounted for$/m);
  assert.match(stdout, /^ {2}ok {2}1 file that could not be read in time, sent again, and brought$/m);
  assert.match(stdout, /^ {2}ok {2}30 files found there, by their checksums: done, nothing copied$/m);
  assert.match(stdout, /^ {2}ok {2}2 other files there: in DONE\/Bad, with both sizes or checksums$/m);
  assert.match(stdout, /^ {2}ok {2}status\.js called it broken$/m);
  assert.match(stdout, /^ {2}ok {2}1 probe at the most in a run$/m);
  assert.match(stdout, /^ {2}ok {2}\d+ of its jobs sent with those that auth\.renew_command made$/m);
  assert.match(stdout, /no transfer was carried out twice/);
  assert.doesNotMatch(stdout, /^ {2}!!/m);
  const wide = stdout
    .replaceAll(base, 'DIR')
    .split('\n')
    .filter((text) => text.length > 80);
  assert.deepEqual(wide, []);
});

test('what does not fit a rehearsal of the storages is refused', async () => {
  for (const [args, why] of [
    [['--lfns', '20'], /--lfns must be from 200 to 10000/],
    [['--calm'], /'--storages' cannot be used with option '--calm'/],
  ] as const) {
    const { exit, stderr } = await run(REHEARSE, { base: temporaryDirectory(), args: ['--storages', ...args] });
    assert.equal(exit, 2);
    assert.match(stderr, why);
  }
});

test('one check that does not hold is a failed rehearsal', () => {
  assert.deepEqual(exactly(3, 2, 'files'), { holds: false, text: '2 and not 3: files' });
  assert.deepEqual(bounded(1, 3, 4, 'jobs'), { holds: false, text: '4 and not 1 to 3: jobs' });
  assert.deepEqual(bounded(1, Infinity, 0, 'jobs'), { holds: false, text: '0 and not 1 or more: jobs' });
  assert.ok(bounded(1, 3, 3, 'jobs').holds);
  const nothing = { lines: 0, okay: 0, bad: [], duplicates: 0, badLines: 0, jobs: 0, violations: [] };
  const course = { rounds: 1, cut: 0, killed: 0, asked: 0, violations: [], halfway: false };
  const parts = [{ title: 'Tape', checks: [exactly(1, 1, 'file'), exactly(3, 2, 'files')] }];
  const ended = {
    lfns: 0,
    seed: 1,
    seconds: 1,
    campaigns: [{ account: nothing, course, parts, violations: ['Tape: 2 and not 3: files'] }],
  };
  const shown = storagesTable('DIR', ended, painter(false, {}));
  assert.match(shown, /^Tape:\n {2}ok {2}1 file\n {2}!! {2}2 and not 3: files\n\nThe rehearsal FAILED: 1 violation/m);
});

test('the certificate of its server is its own CA, for 127.0.0.1 and today', () => {
  const { cert, key } = selfSigned();
  const certificate = new X509Certificate(cert);
  assert.ok(certificate.ca);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
  assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
  assert.ok(Date.parse(certificate.validFrom) < Date.now() && Date.parse(certificate.validTo) > Date.now());
});
