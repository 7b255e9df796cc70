/**
 * leaseContender: a program for tests that takes and releases the lease of C2E_BASE many times.
 *
 *   leaseContender.js TIMES LOG
 *
 * While it holds lease N it appends "in N" and "out N" to LOG, each in one write with O_APPEND.
 */
import { appendFileSync } from 'node:fs';
import { acquireLease } from '../../dist/lease/lease.js';

const [times, log = ''] = process.argv.slice(2);

for (let time = 0; time < Number(times); time++) {
  const base = process.env['C2E_BASE'] ?? '';
  const lease = await acquireLease(base, {
    program: 'contender',
    waitSeconds: 120,
    takeoverMinutes: 60,
    env: process.env,
  });
  appendFileSync(log, `in ${lease.number}\n`);
  lease.check();
  appendFileSync(log, `out ${lease.number}\n`);
  lease.release();
}
