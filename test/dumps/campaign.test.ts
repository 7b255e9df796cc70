/**
 * campaign: the campaign's own lists are compared with the dump of its destination, beside a catalogue or instead of
 * one.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Campaign } from '../support/campaign.js';
import type { Outcome } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { AT_ONE_TIME, many } from './comparing.js';

const SERVER = { name: 'RAL', endpoint: 'https://127.0.0.1:9' };
const okay = many((number) => `/lhcb/MC/${number}.dst`);

/** Two of those in DONE/Okay are not there, one of those in DONE/Bad is, and one that FTS carries is half there. */
async function campaign(): Promise<Campaign> {
  const made = new Campaign([SERVER]);
  // The programs make it a campaign before there are lists in it.
  await made.run('monitor');
  const line = (lfn: string, rest = ''): string => `${made.line(lfn)}${rest}\n`;
  made.write('DONE/Okay/a.txt', okay.map((lfn) => line(lfn, '  ADLER32:0a1b2c3d  17')).join(''));
  made.write(
    'DONE/Bad/b.txt',
    ['/lhcb/bad/there', '/lhcb/bad/other', '/lhcb/bad/not'].map((lfn) => line(lfn, '  ADLER32:0a1b2c3d  17')).join(''),
  );
  made.write('TODO/c.txt', line('/lhcb/todo'));
  made.write('DOING/d.txt', line('/lhcb/doing/half') + line('/lhcb/doing/not'));
  const there = [...okay.slice(2), '/lhcb/bad/there', '/lhcb/doing/half', '/lhcb/dark'];
  made.write('dump', [...there.map((lfn) => `prod${lfn};a1b2c3d;17\n`), 'prod/lhcb/bad/other;a1b2c3d;16\n'].join(''));
  return made;
}

async function compare(
  made: Campaign,
  ...options: readonly string[]
): Promise<Outcome & { linesOf: (name: string) => string[] }> {
  const args = ['--storage', made.path('dump'), '--out', made.path('out'), ...AT_ONE_TIME, '--campaign', ...options];
  const ended = await runUnharmed('misc/compareDumps', { base: made.base, args });
  return {
    ...ended,
    linesOf: (name) =>
      made
        .read(`out/${name}`)
        .trimEnd()
        .split('\n')
        .slice(name.startsWith('dark-') ? 2 : 1),
  };
}

const OKAY = 'ADLER32:0a1b2c3d';
const OF_CAMPAIGN = [
  `prod/lhcb/MC/0.dst\tmissing\tDONE/Okay/a.txt\t${OKAY}\t-\t17\t-`,
  `prod/lhcb/MC/1.dst\tmissing\tDONE/Okay/a.txt\t${OKAY}\t-\t17\t-`,
  `prod/lhcb/bad/other\tuncertain\tDONE/Bad/b.txt\t${OKAY}\t${OKAY}\t17\t16`,
  `prod/lhcb/bad/there\tadoptable\tDONE/Bad/b.txt\t${OKAY}\t${OKAY}\t17\t17`,
];

test('instead of a catalogue: DONE/Okay should be there, and what is dark nobody asks', async () => {
  const made = await campaign();
  const { exit, stdout, stderr, linesOf } = await compare(made);
  assert.equal(exit, 0, stdout + stderr);
  assert.deepEqual(linesOf('lost-campaign.list'), [`/lhcb/MC/0.dst  ${OKAY}  17`, `/lhcb/MC/1.dst  ${OKAY}  17`]);
  assert.deepEqual(linesOf('campaign.tsv'), OF_CAMPAIGN);
  assert.equal(existsSync(made.path('out/dark-prod.list')), false);
  assert.match(stdout, /300 in DONE\/Okay, of which 2 are not in the dump/);
  assert.match(stdout, /3 are in TODO and DOING or arrived after the dump, neither lost nor dark/);
});

test('beside a catalogue, by the routes: what FTS carries is neither lost nor dark', async () => {
  const made = await campaign();
  const catalogued = [...okay.slice(1), '/lhcb/doing/not', '/lhcb/bad/not'];
  made.write('catalogue', catalogued.map((lfn) => `RAL-DST;${lfn}\n`).join(''));
  const { exit, stdout, stderr, linesOf } = await compare(made, '--catalogue', made.path('catalogue'));
  assert.equal(exit, 0, stdout + stderr);
  assert.deepEqual(linesOf('lost-RAL-DST.list'), ['/lhcb/MC/1.dst', '/lhcb/bad/not']);
  assert.deepEqual(
    linesOf('dark-prod.list').map((line) => line.split('\t')[0]),
    ['prod/lhcb/bad/other', 'prod/lhcb/bad/there', 'prod/lhcb/dark'],
  );
  assert.deepEqual(linesOf('campaign.tsv'), OF_CAMPAIGN);
  assert.equal(existsSync(made.path('TODO/ListOfLFNs/lost-RAL-DST.list')), false);
});

test('a lost list goes into the campaign when somebody says so, and never over another', async () => {
  const made = await campaign();
  const { exit, stdout } = await compare(made, '--into-todo', '--yes');
  assert.equal(exit, 0, stdout);
  const list = made.path('TODO/ListOfLFNs/lost-campaign.list');
  assert.equal(readFileSync(list, 'utf8'), made.read('out/lost-campaign.list'));
  const again = await runUnharmed('misc/compareDumps', {
    base: made.base,
    args: [
      '--storage',
      made.path('dump'),
      '--out',
      made.path('again'),
      ...AT_ONE_TIME,
      '--campaign',
      '--into-todo',
      '--yes',
    ],
  });
  assert.equal(again.exit, 3);
  assert.match(again.stdout, /lost-campaign.list is there already/);
});

test('a lost list whose name would take another route is named', async () => {
  const made = await campaign();
  const routes = [
    ['*USER*', 'gsiftp://echo.example.org/lhcb:user'],
    ['*', 'gsiftp://echo.example.org/lhcb:prod'],
  ];
  const settings = routes.map(
    ([match, destination]) =>
      `[[route]]\nmatch = "${match}"\nsource = "srm://x.org/s"\ndestination = "${destination}"\n`,
  );
  writeFileSync(
    join(made.base, 'castor2echo.toml'),
    `${settings.join('')}[[fts.server]]\nname = "RAL"\nendpoint = "${SERVER.endpoint}"\n`,
  );
  made.write('bases', 'MC-USERS;prod\n');
  made.write('catalogue', okay.map((lfn) => `MC-USERS;${lfn}\n`).join(''));
  const options = ['--catalogue', made.path('catalogue'), '--bases', made.path('bases'), '--only', 'lost'];
  const { exit, stdout } = await compare(made, ...options);
  assert.equal(exit, 3);
  assert.match(stdout, /lost-MC-USERS.list: its route leads to .*lhcb:user, its files belong to .*lhcb:prod/);
});

test('what came to DONE/Okay after the dump was begun is not lost', async () => {
  const made = await campaign();
  made.write('DONE/Okay/late.txt', `${made.line('/lhcb/late')}\n`);
  made.leave(
    "INSERT INTO list (name, state, attempt, failures, transfers, since) VALUES ('late.txt', 'SETTLED', 1, 0, 1, ?)",
    Date.now(),
  );
  const { exit, stdout, linesOf } = await compare(made);
  assert.equal(exit, 0, stdout);
  assert.equal(linesOf('lost-campaign.list').length, 2);
  assert.match(stdout, /4 are in TODO and DOING or arrived after the dump/);
});

const REASON = '# permanent: no such file | [2] no | RAL x |';
const settling = ['--settle', '--yes'];

/** In DONE/Bad before the dump, in it as it should be, and otherwise. */
async function campaignToSettle(): Promise<Campaign> {
  const made = await campaign();
  const bad = { there: 'ADLER32:0a1b2c3d  17', other: 'ADLER32:0a1b2c3d  17', sizeAlone: '-  17', not: '' };
  const listed = Object.entries(bad).map(
    ([name, columns]) => `${REASON} 2018-04-01T10:11:12Z\n${made.line(`/lhcb/bad/${name}`)}  ${columns}\n`,
  );
  made.write('DONE/Bad/b.txt', listed.join(''));
  made.write(
    'DONE/Bad/late.txt',
    `${REASON} 2030-04-01T10:11:12Z\n${made.line('/lhcb/bad/late')}  ADLER32:0a1b2c3d  17\n${made.line('/lhcb/bad/byHand')}  ADLER32:0a1b2c3d  17\n`,
  );
  const more = ['sizeAlone', 'late', 'byHand'].map((name) => `prod/lhcb/bad/${name};a1b2c3d;17\n`);
  made.write('dump', made.read('dump') + more.join(''));
  return made;
}

test('what of DONE/Bad the dump has with size and checksum goes to DONE/Okay when somebody says so', async () => {
  const made = await campaignToSettle();
  const dry = await compare(made, ...settling, '--dry-run');
  assert.match(dry.stdout, /To go from DONE\/Bad to DONE\/Okay: 1 transfer of 1 list/);
  assert.equal(existsSync(made.path('DONE/Okay/b.txt')), false);
  const { exit, stdout } = await compare(made, ...settling);
  assert.equal(exit, 3);
  assert.match(stdout, /2 transfers of DONE\/Bad came there after the dump was begun, or nobody knows when/);
  assert.match(stdout, /split:\n {2}b\.txt → DONE\/Okay, DONE\/Bad\/b~2\.txt/);
  assert.doesNotMatch(stdout, /another program was at work/);
  assert.match(
    made.read('DONE/Okay/b.txt'),
    /^# castor2echo 1 \S+\n# found by the dump of 2[^\n]* \| [^\n]*Z\n[^\n]*bad\/there {2}ADLER32:0a1b2c3d {2}17\n$/,
  );
  assert.match(made.read('DONE/Bad/b~2.txt'), /bad\/other[^]*# permanent[^\n]*\n[^\n]*bad\/sizeAlone[^]*bad\/not/);
  assert.doesNotMatch(made.read('DONE/Bad/b~2.txt'), /bad\/there/);
  assert.equal(existsSync(made.path('DONE/Bad/b.txt')), false);
  assert.match(made.read('DONE/Bad/late.txt'), /bad\/late[^]*bad\/byHand/);
});

test('nothing is settled by a dump of nobody knows when, nor by an old one', async () => {
  const made = await campaignToSettle();
  const settle = async (out: string, ...options: readonly string[]): Promise<string> => {
    const args = ['--storage', made.path('dump'), '--out', made.path(out), '--campaign', ...settling, ...options];
    return (await runUnharmed('misc/compareDumps', { base: made.base, args })).stdout;
  };
  assert.match(await settle('first'), /Nothing of DONE\/Bad was settled: when the dump was begun must be known/);
  assert.match(
    await settle('second', '--dumped-at', '2026-01-01'),
    /Nothing of DONE\/Bad was settled: the dump is \d+ days old/,
  );
  const alone = [
    '--storage',
    made.path('dump'),
    '--out',
    made.path('out'),
    '--catalogue',
    made.path('dump'),
    '--settle',
  ];
  const { exit, stderr } = await runUnharmed('misc/compareDumps', { base: made.base, args: alone });
  assert.equal(exit, 2);
  assert.equal(stderr.match(/say --campaign too/g)?.length, 1, stderr);
  assert.equal(existsSync(made.path('DONE/Okay/b.txt')), false);
});
