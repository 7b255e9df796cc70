/**
 * frame: what all three programs have in common: exit statuses, options, what is printed where, the lease, modes.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Campaign, choice, lfnsOf, listName, type Settings } from '../support/campaign.js';
import { outcome, run, start } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { until } from '../support/until.js';
import { endJob, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const PROGRAMS = ['producer', 'consumer', 'monitor'];
const [one, two] = [listName(1), listName(2)];
const KEYS = ['program', 'lists', 'counts', 'warnings', 'exit'];
const ACTIONS = ['cut', 'submitted', 'adopted', 'waiting', 'kept', 'moved', 'split', 'bad', 'skipped'];

/** Who logs in with this fails. */
const NO_CREDENTIAL = { X509_USER_PROXY: '/nowhere', BEARER_TOKEN_FILE: '/nowhere' };

const NO_DICE = `--import=data:text/javascript,Math.random=()=>{throw%20new%20TypeError('no%20dice')}`;

describe('the frame', { concurrency: 4 }, () => {
  test('each exit status says what it is for', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    await campaign.run('consumer', 0);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    ral.setJob(jobs[one] ?? '', 'PONDERING');
    await campaign.run('monitor', 3);
    ral.setFaults([{ name: 'gone', does: 'status', status: 401, when: { path: /whoami/ } }]);
    assert.match((await campaign.run('monitor', 5)).said, /No FTS server is usable in this run/);
    ral.setFaults([]);

    // A bug of ours, planted: no die can be thrown for a server.
    campaign.put('TODO', two);
    const bug = await run('consumer', { base: campaign.base, env: { NODE_OPTIONS: NO_DICE } });
    assert.equal(bug.exit, 1);
    assert.match(bug.stderr, /consumer: a bug, please report it with this:\nTypeError: no dice\n +at /);
    rmSync(campaign.path('sqlite_c2e.db'));
    assert.match((await campaign.run('monitor', 4)).said, /repair/);
  });

  test('a second run waits for the first, and gives up with 6', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', one);
    ral.setFaults([{ name: 'silent', does: 'hang', when: { path: /whoami/ } }]);
    const first = outcome(start('consumer', { base: campaign.base }));
    await until('the first run asks RAL', () => ral.history.length === 1);
    const impatient = await campaign.run('monitor', 6);
    assert.match(impatient.said, /Cannot start monitor: .*consumer.*pid \d+.*; wait until it has ended/);
    assert.deepEqual((await campaign.run('monitor', 0, ['--dry-run'])).lists, []);

    const second = start('monitor', { base: campaign.base, args: ['--json', '--wait', '30'] });
    let waits = '';
    second.stderr.on('data', (text: Buffer) => void (waits += text.toString()));
    const patient = outcome(second);
    await until('the second run waits', () => /monitor waits up to 30 s: .*consumer/.test(waits));
    assert.ok(campaign.has(`TODO/${one}`));
    ral.setFaults([]);
    await ral.down();
    await ral.up();
    assert.equal((await first).exit, 0);
    const { exit, stdout } = await patient;
    assert.equal(exit, 0);
    assert.ok(stdout.includes(`"action":"kept"`), stdout);
  });

  test('a run that is asked to stop ends what it has begun, and names what it has not', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 1 } });
    const names = [1, 2, 3].map(listName);
    for (const name of names) campaign.put('TODO', name);
    ral.setFaults([{ name: 'slow', does: 'hang-after', when: { method: 'POST', times: 1 } }]);
    const child = start('consumer', { base: campaign.base, args: ['--json'] });
    const ended = outcome(child);
    await until('RAL has the first list', () => campaign.jobs(ral).length === 1);
    child.kill('SIGTERM');
    await ral.down();
    await ral.up();
    const { exit, stdout } = await ended;
    assert.equal(exit, 3, stdout);
    assert.match(stdout, /2 lists in TODO not looked at: the run was asked to stop \(SIGTERM\)/);
    assert.deepEqual([campaign.lists('DOING'), campaign.lists('TODO')], [names.slice(0, 1), names.slice(1)]);
    nothingLostNorTwice(campaign, ral);
  });

  test('--json prints one object with the keys of the contract, and nothing else', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.lfns('input.list', lfnsOf('x'));
    for (const program of PROGRAMS) {
      const ended = await run(program, { base: campaign.base, args: ['--json'] });
      assert.equal(ended.stdout.trimEnd().split('\n').length, 1);
      const report = JSON.parse(ended.stdout) as Record<string, unknown>;
      assert.deepEqual(
        KEYS.filter((key) => !(key in report)),
        [],
      );
      assert.deepEqual([report['program'], report['exit']], [program, 0]);
      assert.deepEqual(Object.keys(report['counts'] as object), [...ACTIONS, 'transfers']);
      const [list = {}] = report['lists'] as Record<string, unknown>[];
      assert.deepEqual(Object.keys(list).sort(), ['action', 'jobId', 'list', 'rule', 'server', 'state', 'to'].sort());
      assert.ok((list['to'] as string[]).every((path) => campaign.has(path)));
    }
    // A trouble is in the object, too.
    rmSync(campaign.path('castor2echo.toml'));
    const troubled = await campaign.run('monitor', 2);
    assert.match(
      troubled.said,
      /Cannot read the settings: there is no .*castor2echo\.toml; start from a copy of castor2echo\.example\.toml/,
    );
  });

  test('--quiet prints nothing when all is well, and the summary when somebody has to read it', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.lfns('input.list', lfnsOf('x'));
    const quiet = (program: string) => runUnharmed(program, { base: campaign.base, args: ['--quiet'] });
    for (const program of PROGRAMS) {
      const { exit, stdout, stderr } = await quiet(program);
      assert.deepEqual({ exit, stdout, stderr }, { exit: 0, stdout: '', stderr: '' });
    }
    // Transfers in DONE/Bad wait for a person, although the run has handled them.
    const [jobId] = campaign.jobs(ral).map((job) => job.jobId);
    endJob(ral, jobId ?? '', [['FINISHED'], ['FAILED', 'SOURCE [2] No such file or directory']]);
    const bad = await quiet('monitor');
    assert.equal(bad.exit, 0);
    assert.match(bad.stdout, /^monitor: 1 split \(2 transfers\)\n.*DONE\/Bad.*\n.*1 transfer went to DONE\/Bad/s);

    ral.setFaults([{ name: 'forbidden', does: 'status', status: 403, when: {} }]);
    campaign.put('TODO', two);
    const out = await quiet('consumer');
    assert.equal(out.exit, 5);
    assert.match(out.stdout, /Cannot submit 1 list: no FTS server is usable/);
  });

  test('--help of every command needs no settings and no credential, and fits into 80 columns', async () => {
    const scripts = readdirSync(join(DIST, 'misc')).filter((name) => name.endsWith('.js'));
    const commands = [...PROGRAMS, 'status', ...scripts.map((name) => `misc/${name.slice(0, -3)}`)];
    for (const command of [...commands, 'rehearsal/rehearse', 'rehearsal/serve']) {
      const { exit, stdout } = await run(command, { base: temporaryDirectory(), args: ['--help'], env: NO_CREDENTIAL });
      assert.equal(exit, 0, command);
      assert.match(stdout, /^Usage: /, command);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${command}: ${line}`);
    }
  });

  test('--help explains the exit statuses; a wrong option or setting is refused with the cure', async () => {
    const base = temporaryDirectory();
    for (const program of PROGRAMS) {
      const help = await runUnharmed(program, { base, args: ['--help'] });
      assert.equal(help.exit, 0);
      assert.match(help.stdout, /\nEXIT STATUS\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 .*\n {2}5 .*\n {2}6 /);
    }
    assert.match((await run('monitor', { base, args: ['--version'] })).stdout, /^\d+\.\d+\.\d+\n$/);
    for (const args of [['--retries'], ['--lists', '0'], ['--lists', 'many'], ['stray']]) {
      const wrong = await runUnharmed('consumer', { base, args });
      assert.equal(wrong.exit, 2, args.join(' '));
      assert.match(wrong.stderr, /error: /);
    }
    const settings: Settings = { job: { retrys: 3 } };
    const campaign = new Campaign([{ name: 'RAL', endpoint: 'http://fts.example.org:8446' }], settings);
    const wrong = await runUnharmed('monitor', { base: campaign.base });
    assert.equal(wrong.exit, 2);
    const line = campaign.read('castor2echo.toml').split('\n').indexOf('retrys = 3') + 1;
    assert.ok(
      wrong.stderr.includes(`castor2echo.toml:${line}: job.retrys = 3: unknown setting (did you mean "retry"?)`),
      wrong.stderr,
    );
    assert.match(
      wrong.stderr,
      /castor2echo\.toml:\d+: fts\.server\.endpoint = "http:\/\/fts\.example\.org:8446": must be a URL/,
    );
    const elsewhere = await run('monitor', {
      base,
      args: ['--base', `${base}/not there`, '--config', campaign.path('castor2echo.toml')],
    });
    assert.equal(elsewhere.exit, 2);
  });

  test('a base directory or a part of the spool that is missing is an unusable spool', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const config = ['--config', campaign.path('castor2echo.toml')];
    const absent = await run('monitor', { base: `${campaign.base}/not there`, args: config });
    assert.equal(absent.exit, 4);
    assert.match(absent.stderr, /Cannot use the base directory .*not there: it is not there; make it, or name another/);
    await campaign.run('monitor', 0);
    rmSync(campaign.path('DONE/Dirty'), { recursive: true });
    const missing = await campaign.run('monitor', 4);
    assert.ok(
      missing.said.includes(
        `DONE/Dirty missing in ${campaign.base}; if nothing was lost with it, make it again: mkdir -p '${campaign.path('DONE/Dirty')}'`,
      ),
      missing.said,
    );
    assert.ok(!campaign.has('DONE/Dirty'));
    mkdirSync(campaign.path('DONE/Dirty'));
    await campaign.run('monitor', 0);
  });

  test('a new campaign is made from its settings alone, and closed to others', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    for (const place of ['TODO', 'DOING', 'DONE']) rmSync(campaign.path(place), { recursive: true });
    await campaign.run('monitor', 0);
    campaign.lfns('input.list', ['/lhcb/one.dst', 'no LFN']);
    await campaign.run('producer', 0);
    await campaign.run('consumer', 0);
    const [list = ''] = campaign.lists('DOING');
    for (const path of [
      '.campaign',
      'sqlite_c2e.db',
      'castor2echo.log',
      `DOING/${list}`,
      `DONE/Bad/${list}`,
      'TODO',
      'DOING',
      'DONE/Okay',
    ])
      assert.equal(statSync(campaign.path(path)).mode & 0o007, 0, `others may use ${path}`);
    assert.match(campaign.uuid(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    copyFileSync(campaign.path(`DOING/${list}`), campaign.path(`TODO/${list}`));
    await campaign.run('monitor', 3);
    const log = campaign
      .read('castor2echo.log')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual([...new Set(log.map((entry) => entry['program']))], ['monitor', 'producer', 'consumer']);
    const ofList = log.filter((entry) => entry['list'] === list).map(({ msg, to }) => [msg, to]);
    assert.deepEqual(ofList, [
      ['list cut', [`DONE/Bad/${list}`, `TODO/${list}`]],
      ['list submitted', [`DOING/${list}`]],
      ['list skipped', []],
    ]);
  });

  test('a path with ~ that no shell has expanded is a usage error that says so, wherever it is written', async () => {
    const campaign = new Campaign([choice(await rehearsalServer('RAL'))]);
    const notExpanded = /"~" is not expanded here: write the whole path/;
    for (const program of [...PROGRAMS, 'status', 'misc/doctor', 'misc/unlock']) {
      const { exit, stderr } = await run(program, { base: '~/campaign' });
      assert.equal(exit, 2, program);
      assert.match(stderr, notExpanded);
    }
    assert.match((await campaign.run('producer', 2, ['--config', '~/castor2echo.toml'])).said, notExpanded);
    assert.match((await campaign.run('monitor', 0, ['--report', '~/page.html'])).said, notExpanded);
    const ral = { name: 'RAL', endpoint: 'http://127.0.0.1:1' };
    const tables: Settings[] = [
      { fts: { ca_directory: '~/certificates' } },
      { producer: { lfn_lists: ['~/lists/*'] } },
    ];
    for (const table of tables) {
      campaign.settings([ral], table);
      assert.match((await campaign.run('producer', 2)).said, notExpanded);
    }
  });
});
