/**
 * The rehearsal: it ends well when all went well, and finds out what did not.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { account } from '../../dist/rehearsal/campaign/account.js';
import { makeDirectory } from '../../dist/rehearsal/campaign/directory.js';
import { rehearsalLfns } from '../../dist/rehearsal/campaign/lfns.js';
import { LiveLine } from '../../dist/rehearsal/campaign/liveLine.js';
import { painter } from '../../dist/text/paint.js';
import { Scenario, type Fates } from '../../dist/rehearsal/campaign/scenario.js';
import type { FullReport } from '../../dist/status/report.js';
import type { Submission } from '../../dist/rehearsal/server/options.js';
import { outcome, run, start } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const REHEARSE = fileURLToPath(new URL('../../dist/rehearsal/rehearse.js', import.meta.url));
const LFN_LIST = 'TODO/ListOfLFNs/input.list';
const OKAY = 'DONE/Okay/FTSList-20261123-200000-0001.txt';
const BAD = 'DONE/Bad/FTSList-20261123-200000-0001.txt';

const SCENARIO = new Scenario(1, false);
const LFNS = rehearsalLfns(1000);
const WORKS = LFNS.filter((lfn) => SCENARIO.fate(lfn).kind === 'works').slice(0, 3);
const FAILS = LFNS.find((lfn) => SCENARIO.fate(lfn).kind === 'stays bad') ?? '';
const source = (lfn: string): string => `srm://castor.example.org/prod${lfn}`;
const destination = (lfn: string): string => `gsiftp://echo.example.org/lhcb:prod${lfn}`;
const line = (lfn: string): string => `${source(lfn)}  ${destination(lfn)}\n`;

/** A campaign that went well: three transfers okay, one bad, one line dropped, one that was no LFN. */
function campaign(): string {
  const base = temporaryDirectory();
  const input = `${[...WORKS, WORKS[0], 'no LFN', '# a comment', '', FAILS].join('\n')}\n`;
  const head = `# castor2echo 1 CAMPAIGN\n# from ${LFN_LIST} bytes 0-${input.length - 1}\n`;
  for (const directory of ['TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad'])
    mkdirSync(join(base, directory), { recursive: true });
  writeFileSync(join(base, LFN_LIST), input);
  writeFileSync(join(base, OKAY), head + WORKS.map(line).join(''));
  writeFileSync(join(base, BAD), `${head}# bad LFN: ${LFN_LIST}:5: is no LFN: no LFN\n${reason()}${line(FAILS)}`);
  return base;
}

function reason(): string {
  const fate = SCENARIO.fate(FAILS);
  const name = fate.kind === 'stays bad' ? fate.reason.class : '';
  return `# ${name}: what it means | SOURCE [2] what FTS said | RAL 0000 | 2026-11-23T20:00:00Z\n`;
}

/** A job as a server records it; all of it is carried out between `from` and `to`. */
function job(lfns: readonly string[], state: string, [from, to]: readonly [number, number]): Submission {
  const transfers = lfns.map((lfn, index) => ({
    index,
    source: source(lfn),
    destination: destination(lfn),
    state,
    carriedOut: [{ from, to }],
    settledAt: to,
  }));
  const identity = { server: 'RAL', jobId: `job-${from}`, sid: null, vo: 'lhcb', userDn: 'somebody' };
  return { ...identity, acceptedAt: from, metadata: null, state, transfers };
}

const JOBS = [job(WORKS, 'FINISHED', [1000, 2000]), job([FAILS], 'FAILED', [1000, 2000])];

const violations = (base: string, jobs: readonly Submission[] = JOBS): readonly string[] =>
  account(base, [LFN_LIST], SCENARIO, jobs).violations;

test('a small rehearsal with faults ends well, its table accounts for every LFN, and all is proved', async () => {
  const base = join(temporaryDirectory(), 'campaign');
  const args = ['--lfns', '60', '--seed', '3', '--proof', '--base', base];
  const { exit, stdout, stderr } = await run(REHEARSE, { base, args, timeoutMs: 120_000 });
  assert.equal(exit, 0, stdout + stderr);
  assert.match(stdout, /^ +64 {2}lines of the LFN lists were cut$/m);
  assert.match(stdout, /^ +59 {2}okay$/m);
  assert.match(stdout, /^ +1 {2}bad, for a person to look at$/m);
  assert.match(stdout, /^ +64 {2}every line is accounted for$/m);
  assert.match(stdout, /× CERN was down/);
  assert.match(stdout, /no transfer was carried out twice/);
  assert.match(stdout, /^ +1 {2}of the files were taken out of the storage: found lost, sent again$/m);
  assert.match(stdout, /^ +59 {2}in the storage's dump in the end, .*: none lost, none dark$/m);
  const wide = stdout
    .replaceAll(base, 'DIR')
    .split('\n')
    .filter((text) => text.length > 80);
  assert.deepEqual(wide, []);
  assert.doesNotMatch(stdout, /\u001b/, 'no colours and no cursor movements in a pipe');
  assert.match(readFileSync(join(base, 'rehearsal.log'), 'utf8'), /^round 1 producer, exit 0/);
});

test('a rehearsal that is stopped half-way keeps its servers until it is interrupted', async () => {
  const base = join(temporaryDirectory(), 'campaign');
  const child = start(REHEARSE, { base, args: ['--lfns', '60', '--stop-after', '2', '--base', base] });
  const ended = outcome(child, 'rehearse', 120_000);
  let said = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: string) => {
      said += text;
      if (said.includes('looks around')) resolve();
    });
  });
  assert.match(said, /^Stopped after 2 rounds\. The servers go on until Ctrl-C\./m);
  assert.ok(said.includes(`export C2E_BASE='${base}'\n`));
  const status = await runUnharmed('status', { base, args: ['--json'] });
  assert.equal(status.exit, 0, status.stdout);
  const { servers, transfers } = JSON.parse(status.stdout) as FullReport;
  assert.deepEqual(
    servers.map(({ reachable }) => reachable),
    [true, true],
  );
  assert.ok(transfers.toCut > 0);
  child.kill('SIGINT');
  const { exit, stdout } = await ended;
  assert.equal(exit, 0, stdout);
  assert.match(stdout, /^The servers have stopped\./m);
  assert.equal((await runUnharmed('status', { base, args: ['--json'] })).exit, 5);
});

test('a campaign that went well is accounted for line by line', () => {
  const accounted = account(campaign(), [LFN_LIST], SCENARIO, JOBS);
  const { lines, okay, bad, duplicates, badLines } = accounted;
  assert.deepEqual(
    { lines, okay, bad: bad.map(({ lfn }) => lfn), duplicates, badLines },
    { lines: 6, okay: 3, bad: [FAILS], duplicates: 1, badLines: 1 },
  );
  assert.deepEqual(accounted.violations, []);
});

test('a list that was removed is found out: each of its transfers is named as lost', () => {
  const base = campaign();
  rmSync(join(base, OKAY));
  const found = violations(base).filter((each) => each.startsWith('lost:'));
  assert.equal(found.length, 3);
  for (const lfn of WORKS) assert.ok(found.some((each) => each.includes(lfn)));
});

test('a list that stands there twice is found out', () => {
  const base = campaign();
  writeFileSync(join(base, OKAY.replace('.txt', '~2.txt')), readFileSync(join(base, OKAY)));
  const found = violations(base);
  assert.equal(found.filter((each) => each.includes('stands in') && each.includes(' and in ')).length, 3);
  assert.ok(found.some((each) => each === '6 lines were cut, and 9 of them are accounted for'));
});

test('a list without comments is accounted for by its sources', () => {
  const base = campaign();
  writeFileSync(join(base, OKAY), WORKS.map(line).join(''));
  assert.deepEqual(violations(base), []);
});

test('a list that is left in TODO is found out', () => {
  const base = campaign();
  writeFileSync(join(base, 'TODO', 'FTSList-20261123-200000-0002.txt'), line(FAILS));
  assert.deepEqual(violations(base), ['list FTSList-20261123-200000-0002.txt is still in TODO']);
});

test('a transfer that finished twice is found out, by the record of the servers', () => {
  const [first = ''] = WORKS;
  const found = violations(campaign(), [...JOBS, job([first], 'FINISHED', [3000, 4000])]);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /was accepted after job job-1000 of RAL had finished it/);
});

test('a transfer that was accepted while an earlier job could still carry it out is found out', () => {
  const found = violations(campaign(), [...JOBS, job([FAILS], 'FAILED', [1500, 3000])]);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /while job job-1000 of RAL could still carry it out/);
});

test('a transfer in DONE/Okay that no server has carried out is found out', () => {
  const found = violations(campaign(), JOBS.slice(1));
  assert.equal(found.filter((each) => each.endsWith('no server has carried it out')).length, 3);
});

test('a transfer in DONE/Bad that works in the end is found out', () => {
  const base = campaign();
  const [first = ''] = WORKS;
  writeFileSync(join(base, OKAY), readFileSync(join(base, OKAY), 'utf8').replace(line(first), ''));
  writeFileSync(join(base, BAD), readFileSync(join(base, BAD), 'utf8') + reason() + line(first));
  assert.ok(violations(base).some((each) => each.endsWith('though it works in the end')));
});

test('a bad transfer under the wrong class is found out', () => {
  const base = campaign();
  writeFileSync(join(base, BAD), readFileSync(join(base, BAD), 'utf8').replace(/^# \w+: what/m, '# config: what'));
  assert.equal(violations(base).length, 1);
});

test('what was at its destination before must stand in a list of found files, and no server may have brought it', () => {
  const base = campaign();
  const fates: Fates = { fate: (lfn) => (WORKS.includes(lfn) ? { kind: 'is there' } : SCENARIO.fate(lfn)) };
  const found = (): readonly string[] => account(base, [LFN_LIST], fates, JOBS).violations;
  assert.equal(found().filter((each) => each.endsWith('as brought, though it was there before')).length, 3);
  writeFileSync(
    join(base, OKAY),
    `# found by gfal-sum | 2026-11-23T20:00:00Z\n${readFileSync(join(base, OKAY), 'utf8')}`,
  );
  assert.equal(found().filter((each) => each.endsWith('but a server has carried it out')).length, 3);
  assert.deepEqual(account(base, [LFN_LIST], fates, JOBS.slice(1)).violations, []);
  assert.equal(violations(base).filter((each) => each.endsWith('found, though it was not there before')).length, 3);
});

test('the LFNs of a rehearsal are all different, and the real ones come first', () => {
  const many = rehearsalLfns(100_000);
  assert.equal(new Set(many).size, 100_000);
  assert.deepEqual(many.slice(0, 1000), LFNS);
  for (const lfn of many.slice(-1000)) assert.match(lfn, /\/(\d{8})\/000[01]\/\1_\d{8}_1\.charm\.mdst$/);
});

test('the same seed gives every LFN the same fate, another seed another one', () => {
  const fates = (seed: number): string => JSON.stringify(LFNS.map((lfn) => new Scenario(seed, false).fate(lfn)));
  assert.equal(fates(5), fates(5));
  assert.notEqual(fates(5), fates(6));
});

test('a directory that holds anything is refused', () => {
  const base = temporaryDirectory();
  writeFileSync(join(base, 'notes'), '');
  assert.throws(() => makeDirectory(base, base, new Date()), /it is not empty/);
});

test('the live line never fills a terminal of 80 columns, and is taken away', () => {
  let written = '';
  const stream = { isTTY: true, write: (text: string) => (written += text) };
  const line = new LiveLine(100_000, stream, painter(true, { NO_COLOR: '1' }));
  for (const okay of [0, 98_765])
    line.show({ okay, bad: 1234, doing: 20_000, todo: 20_000, round: 12, happening: '', down: 'CERN', ended: false });
  line.clear();
  const shown = written.replaceAll('\u001b[K', '').split('\r');
  assert.ok(shown.every((text) => text.length < 80));
  assert.doesNotMatch(written, /\u001b\[\d+m/);
  assert.ok(written.endsWith('\r\u001b[K'));
});
