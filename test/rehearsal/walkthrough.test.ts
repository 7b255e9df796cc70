/**
 * The walk in docs/WALKTHROUGH.md: its commands are there with their options, and what it shows is what the programs
 * still print, as far as their headings tell. A small rehearsal that is stopped half-way stands in for the page's large
 * one.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { outcome, run, start, type Child } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs', 'WALKTHROUGH.md'), 'utf8');
const REHEARSE = join(ROOT, 'dist/rehearsal/rehearse.js');

interface Shown {
  /** As `run` takes it: `misc/explain`, or the path of the rehearsal. */
  readonly program: string;
  readonly args: readonly string[];
  readonly printed: string;
}

/** What stands between quotes is one word; what follows a pipe is no option of ours. */
const words = (command: string): string[] =>
  [...(command.split(' | ')[0] ?? '').matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** Each of our programs that the page runs, with what it is said to print. */
function shown(): Shown[] {
  const blocks = [...PAGE.matchAll(/^```\n\$ (.*)\n([^]*?)^```$/gm)];
  return blocks.flatMap(([, command = '', printed = '']) => {
    const [, program, rest = ''] = /\bnode dist\/([\w/]+)\.js ?(.*)$/.exec(command) ?? [];
    if (program !== undefined) return [{ program, args: words(rest), printed }];
    const [, wishes] = /^npm run --silent rehearse -- (.*)$/.exec(command) ?? [];
    return wishes === undefined ? [] : [{ program: REHEARSE, args: words(wishes), printed }];
  });
}

const SHOWN = shown();
const of = (program: string): Shown[] => SHOWN.filter((each) => each.program === program);

test('every command of the walk is there, and has the options that the walk gives it', async () => {
  assert.deepEqual(
    SHOWN.map(({ program }) => program.slice(program.lastIndexOf('/') + 1)),
    ['rehearse.js', 'status', 'explain', 'requeue', 'requeue', 'explain', 'monitor', 'report', 'doctor'],
  );
  for (const { program, args } of SHOWN) {
    const { stdout } = await runUnharmed(program, { base: '/nowhere', args: ['--help'] });
    for (const option of args.filter((arg) => arg.startsWith('--')))
      assert.match(stdout, new RegExp(`^ +(-\\w, )?${option}\\b`, 'm'), program);
  }
});

test('what the walk leads to is there, and the README leads to it', () => {
  for (const [, file = ''] of PAGE.matchAll(/\]\(([^)]+)\)/g)) assert.ok(existsSync(join(ROOT, 'docs', file)), file);
  assert.match(readFileSync(join(ROOT, 'README.md'), 'utf8'), /\(docs\/WALKTHROUGH\.md\)/);
});

describe('what the walk shows is what the programs print', () => {
  const base = join(temporaryDirectory(), 'campaign');
  let rehearsal: Child;
  let ended: Promise<unknown>;
  let said = '';
  const now = async (program: string, args: readonly string[]): Promise<string> =>
    (await runUnharmed(program, { base, args })).stdout;

  before(async () => {
    const args = ['--lfns', '200', '--stop-after', '2', '--base', base];
    rehearsal = start(REHEARSE, { base, args });
    ended = outcome(rehearsal, 'the rehearsal', 300_000);
    await new Promise<void>((resolve) => {
      rehearsal.stdout.on('data', (text: string) => {
        said += text;
        if (said.includes('goes on with it')) resolve();
      });
    });
    // Something is to be in DOING, as on the page.
    await now('producer', []);
    await now('consumer', []);
  });
  after(async () => {
    rehearsal.kill('SIGINT');
    await ended;
  });

  /** These lines of the page, numbers and names left out, are among those that were printed. */
  function sameHeadings(page: string, printed: string, heading: RegExp): void {
    const headings = (text: string): string[] => [...text.matchAll(heading)].map(([, each = '']) => each);
    const [wanted, found] = [headings(page), new Set(headings(printed))];
    assert.ok(wanted.length > 0, page);
    for (const each of wanted) assert.ok(found.has(each), `"${each}" is not in\n${printed}`);
  }

  test('the rehearsal', () => {
    const [rehearse] = of(REHEARSE);
    sameHeadings(
      rehearse?.printed ?? '',
      said,
      /^(Rehearsing a campaign|Stopped after|round 1:|  export C2E_BASE|  node \S+)/gm,
    );
  });

  test('status', async () => {
    const page = of('status')[0]?.printed ?? '';
    const printed = await now('status', []);
    sameHeadings(page, printed, /^(campaign in|servers$|the oldest list in DOING$|failures so far, and what to do$)/gm);
    sameHeadings(page, printed, /^ {2}(to cut|TODO|DOING|DONE\/Okay|DONE\/Bad|last hour:|\[|all is done by) /gm);
    // The cure of a class is the same everywhere.
    const classes = [...printed.matchAll(/^(auth|config|permanent|transient): .*$/gm)];
    assert.ok(classes.length > 1, printed);
    for (const [line] of classes) assert.ok(page.includes(`\n${line}\n`), line);
    // Of a failure: how often, when, which LFN, why, in which job.
    const failure =
      / × .*\n(?: {9}.*\n)? {2}first .*, last .* UTC at \w+:\n {2}\/lhcb\/.*\n(?: {2}.*\n)+? {2}job [-\w]+\n/;
    assert.match(page, failure);
    assert.match(printed, failure);
  });

  test('explain and requeue', async () => {
    const [bad, back] = of('misc/explain');
    const [choose, requeue] = of('misc/requeue');
    const lfn = lfnInBad(base);
    const label =
      /^(?: {2}(source|destination|stands in|because|cut from|state|attempt 1|split from|next) |(?: {6})(job|https))/gm;
    sameHeadings(bad?.printed ?? '', await now('misc/explain', [lfn]), label);

    const groups = /^(requeue: .*|permanent: the source)$/gm;
    sameHeadings(choose?.printed ?? '', await now('misc/requeue', []), groups);
    const sent = await now('misc/requeue', ['--lfn', lfn, '--yes']);
    sameHeadings(requeue?.printed ?? '', sent, /^(To be sent back to TODO:|requeue: |moved:| {2}list "FTSList)/gm);
    sameHeadings(back?.printed ?? '', await now('misc/explain', [lfn]), label);
    assert.match(back?.printed ?? '', /^R-FTSList-.*: in TODO$/m);
  });

  test('report and doctor', async () => {
    const [report] = of('misc/report');
    const [doctor] = of('misc/doctor');
    const file = join(base, 'page.html');
    assert.equal(await now('misc/report', [file]), `wrote ${file}\n`);
    assert.match(report?.printed ?? '', /^wrote \/.*\.html\n$/);
    const expired = {
      base,
      args: ['--config', join(ROOT, 'castor2echo.example.toml')],
      env: { X509_USER_PROXY: '/none' },
    };
    const { stdout, exit } = await run('misc/doctor', expired);
    assert.equal(exit, 5);
    sameHeadings(doctor?.printed ?? '', stdout, /^(?:ok|warning|failed) +(\S+(?: \S+)*?) {2,}/gm);
    assert.match(doctor?.printed ?? '', /^failed {3}credential {3}Cannot log in with .*\n {22}expired at /m);
  });
});

/** One that stands in DONE/Bad with a reason. */
function lfnInBad(base: string): string {
  const directory = join(base, 'DONE/Bad');
  for (const list of readdirSync(directory)) {
    const [, lfn] = /^srm:\S+?(\/lhcb\/LHCb\/\S+) /m.exec(readFileSync(join(directory, list), 'utf8')) ?? [];
    if (lfn !== undefined) return lfn;
  }
  return assert.fail('nothing is bad');
}
