/**
 * dryRun: `--dry-run` says what a run would do, asks with GETs alone, takes no lease and changes no byte.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf, listName, type Ran } from '../support/campaign.js';
import { endJob, loseAnswers, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const PROGRAMS = ['producer', 'consumer', 'monitor'];
const FAILED: readonly [string, string] = ['FAILED', 'TRANSFER [110] Connection timed out'];

/** Every path with its mode, its times and a hash of what it holds. */
function tree(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, mtimeMs, ctimeMs } = lstatSync(path);
      const hash = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [path, `${mode} ${mtimeMs} ${ctimeMs} ${hash}`];
    }),
  );
}

/** What is reported of each list; the paths are left out, as their names hold the time. */
const deeds = (ran: Ran): string[] =>
  ran.lists.map(({ list, action, rule, state }) => [list, action, rule, state].join(' ')).sort();

describe('--dry-run', { concurrency: 4 }, () => {
  test('makes nothing in a new campaign', async () => {
    const campaign = new Campaign([{ name: 'RAL', endpoint: 'http://127.0.0.1:1' }]);
    campaign.lfns('input.list', ['/lhcb/one.dst']);
    const before = tree(campaign.base);
    for (const program of PROGRAMS) {
      const ran = await campaign.run(program, 0, ['--dry-run']);
      if (program === 'producer') assert.deepEqual([ran.counts['cut'], ran.counts['transfers']], [1, 1]);
    }
    assert.deepEqual(tree(campaign.base), before);
    assert.match(await campaign.text('producer', 0, ['--dry-run']), /^producer \(dry run\b.*\): 1 cut \(1 transfer\)/);
  });

  test('changes no byte in any situation, and foretells what the run then does', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { lists_per_run: 20 } });
    const name = Object.fromEntries(
      ['okay', 'dirty', 'failed', 'active', 'canceled', 'gone', 'moved', 'waiting', 'arrived', 'absent', 'half'].map(
        (what, age) => [what, listName(age)],
      ),
    ) as Record<string, string>;
    const of = (what: string): string => name[what] ?? '';
    const submittedOnes = ['okay', 'dirty', 'failed', 'active', 'canceled', 'gone', 'moved', 'waiting'].map(of);
    const jobs = await submitted(campaign, ral, Object.fromEntries(submittedOnes.map((list) => [list, lfnsOf(list)])));
    endJob(ral, jobs[of('waiting')] ?? '', [FAILED, FAILED]);
    await campaign.run('monitor', 0);
    campaign.move(`TODO/${of('waiting')}`, 'aside');
    for (const what of ['arrived', 'absent']) campaign.put('TODO', of(what));
    await loseAnswers(campaign, ral, { [of('arrived')]: 'cut-after', [of('absent')]: 'cut-before' });
    campaign.move('aside', `TODO/${of('waiting')}`);
    campaign.move(`DOING/${of('moved')}`, `TODO/${of('moved')}`);
    endJob(ral, jobs[of('okay')] ?? '');
    endJob(ral, jobs[of('dirty')] ?? '', [['FINISHED'], ['FAILED', 'SOURCE [2] No such file or directory']]);
    endJob(ral, jobs[of('failed')] ?? '', [FAILED, FAILED]);
    endJob(ral, jobs[of('canceled')] ?? '', [['FINISHED'], ['CANCELED', 'Job canceled by the user']]);
    ral.forget(jobs[of('gone')]);
    campaign.put('DOING', listName(20));
    campaign.put('TODO', listName(21));
    campaign.write(`TODO/${listName(22)}`, 'rubbish\n');
    campaign.write(`TODO/${listName(23)}`, '');
    campaign.write('TODO/notes.pdf', 'no list');
    campaign.lfns('input.list', ['/lhcb/new.dst', 'no LFN', '/lhcb/new.dst']);

    for (const [program, exit] of [
      ['monitor', 3],
      ['consumer', 0],
      ['producer', 0],
    ] as const) {
      const before = tree(campaign.base);
      const asked = ral.history.length;
      const foretold = await campaign.run(program, exit, ['--dry-run']);
      assert.deepEqual(tree(campaign.base), before);
      assert.deepEqual(
        new Set(ral.history.slice(asked).map(({ method }) => method)),
        new Set(asked === ral.history.length ? [] : ['GET']),
      );
      const done = await campaign.run(program, exit);
      if (program === 'producer') assert.deepEqual(foretold.counts, done.counts);
      else assert.deepEqual(deeds(foretold), deeds(done));
      nothingLostNorTwice(campaign, ral);
    }
  });

  test('leaves to the next run what an earlier one has left half done, and says so', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const list = listName(1);
    await submitted(campaign, ral, { [list]: lfnsOf(list) });
    // As a run leaves it that is killed between its commit and the move.
    const steps = [{ op: 'move', from: `TODO/${list}`, to: `DOING/${list}` }];
    campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', list, JSON.stringify(steps));
    campaign.move(`DOING/${list}`, `TODO/${list}`);
    const before = tree(campaign.base);
    assert.match(await campaign.text('monitor', 0, ['--dry-run']), /would first finish 1 transition/);
    assert.deepEqual(tree(campaign.base), before);
    await campaign.run('producer');
    assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [[], [list]]);
    assert.deepEqual(campaign.rows('SELECT * FROM transition'), []);
    nothingLostNorTwice(campaign, ral);
  });

  test('claims nothing that has not happened', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, {
      [listName(1)]: lfnsOf(listName(1)),
      [listName(2)]: lfnsOf(listName(2)),
    });
    endJob(ral, jobs[listName(1)] ?? '', [['FINISHED'], ['FAILED', 'SOURCE [2] 500 No such file or directory']]);
    campaign.move(`DOING/${listName(2)}`, `TODO/${listName(2)}`);
    campaign.write(`TODO/${listName(3)}`, 'rubbish\n');
    campaign.write(`TODO/${listName(4)}`, '');
    const line = campaign.line('/lhcb/twice');
    campaign.write(`TODO/${listName(5)}`, `${line}\n${line}\nrubbish\n`);
    campaign.lfns('input.list', ['/lhcb/new.dst', 'no LFN', '/lhcb/new.dst']);
    for (const program of PROGRAMS) {
      const text = await campaign.text(program, 0, ['--dry-run']);
      // The headline counts by the actions' names, and says itself that nothing is changed.
      const claims = text.replace(/^.*\n/, '').replaceAll(/would be \w+/g, '');
      assert.doesNotMatch(claims, /\b(went|moved|removed|dropped|sent|adopted|submitted:|cut:)/i, text);
      assert.match(text, /would/);
    }
  });
});
