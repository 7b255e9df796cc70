/**
 * report: the page is written as a whole, says what is there, and costs nobody anything. How it looks and what it does
 * is for a browser to tell.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';

import { Campaign, choice, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { endJob, rehearsalServer, submitted } from '../support/rehearsed.js';

async function settledCampaign(): Promise<Campaign> {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)]);
  const jobs = await submitted(campaign, ral, { [listName(1)]: ['/lhcb/arrived', '/lhcb/missing'] });
  endJob(ral, jobs[listName(1)] ?? '', [['FINISHED'], ['FAILED', 'SOURCE [2] No such file or directory']]);
  return campaign;
}

const report = (campaign: Campaign, ...args: string[]) => run('misc/report', { base: campaign.base, args });

describe('report', { concurrency: 4 }, () => {
  test('misc/report.js and monitor --report write the same page, which everybody may read', async () => {
    const campaign = await settledCampaign();
    const [one, other] = [join(temporaryDirectory(), 'a.html'), join(temporaryDirectory(), 'b.html')];
    await campaign.run('monitor', 0, ['--report', one]);
    const { exit, stdout } = await report(campaign, other);
    assert.deepEqual([exit, stdout], [0, `wrote ${other}\n`]);
    const withoutTime = (file: string) =>
      readFileSync(file, 'utf8')
        .replace(/<header>[^]*?<\/header>/, '')
        .replace(/"now":\d+/, '');
    assert.equal(withoutTime(one), withoutTime(other));
    assert.match(withoutTime(one), /\/lhcb\/missing[^]*No such file or directory/);
    assert.equal(statSync(other).mode & 0o777, 0o644);
    // Where the campaign stands on the disk is nobody else's business; its name is.
    const page = readFileSync(one, 'utf8');
    assert.ok(!page.includes(campaign.base) && page.includes(basename(campaign.base)));
  });

  test('what the policy of the page allows is what stands in it, byte for byte', async () => {
    const campaign = await settledCampaign();
    const file = join(temporaryDirectory(), 'a.html');
    await report(campaign, file);
    const page = readFileSync(file, 'utf8');
    for (const element of ['script', 'style']) {
      const contents = [...page.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))].map(
        ([, text]) => text ?? '',
      );
      const [content = ''] = contents;
      assert.equal(contents.length, 1, element);
      const hash = createHash('sha256').update(content).digest('base64');
      // The plus signs of base64 need no escape in an attribute; equals signs and slashes neither.
      assert.ok(page.includes(`${element}-src &#39;sha256-${hash}&#39;`), element);
    }
    assert.doesNotMatch(page, /\s(src|style|on\w+)=|@import|url\(/);
  });

  test('a page that cannot be written: exit 4 and the cure from report, a warning from the monitor', async () => {
    const campaign = await settledCampaign();
    const file = join(temporaryDirectory(), 'nowhere', 'a.html');
    const { exit, stdout } = await report(campaign, file);
    assert.equal(exit, 4);
    assert.match(stdout, /its directory is not there; make it/);
    assert.match((await campaign.run('monitor', 0, ['--report', file])).said, /its directory is not there/);
    assert.deepEqual(campaign.lists('DONE/Okay'), [listName(1)]);
  });

  test('a link under the name of the draft is not written through', async () => {
    const campaign = await settledCampaign();
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'precious'), 'as it was');
    symlinkSync('precious', join(directory, '.a.html.draft'));
    assert.equal((await report(campaign, join(directory, 'a.html'))).exit, 4);
    assert.equal(readFileSync(join(directory, 'precious'), 'utf8'), 'as it was');
  });

  test('a pipe, or a link to a device, is not replaced by a page or by metrics', async () => {
    const campaign = await settledCampaign();
    const directory = temporaryDirectory();
    const [pipe, link] = [join(directory, 'pipe'), join(directory, 'link')];
    execFileSync('mkfifo', [pipe]);
    symlinkSync('/dev/null', link);
    for (const file of [pipe, link]) {
      const { exit, stdout } = await report(campaign, file);
      assert.equal(exit, 4);
      assert.match(stdout, /no regular file; name another file/);
      assert.match((await campaign.run('monitor', 0, ['--metrics', file])).said, /no regular file; name another file/);
    }
    assert.ok(lstatSync(pipe).isFIFO() && lstatSync(link).isSymbolicLink());
    assert.deepEqual(readdirSync(directory).sort(), ['link', 'pipe']);
  });

  test('--dry-run writes nothing; without a file it is a misuse', async () => {
    const campaign = await settledCampaign();
    const file = join(temporaryDirectory(), 'a.html');
    assert.match((await report(campaign, file, '--dry-run')).stdout, /would write/);
    assert.equal(existsSync(file), false);
    const before = readdirSync(campaign.base).sort();
    assert.equal((await report(campaign)).exit, 2);
    assert.deepEqual(readdirSync(campaign.base).sort(), before);
  });

  test('of a new campaign, with a server that is down, the page says so', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    await ral.down();
    const file = join(temporaryDirectory(), 'a.html');
    assert.equal((await report(campaign, file)).exit, 0);
    assert.match(readFileSync(file, 'utf8'), /not usable[^]*No transfer has failed[^]*No transfer is bad/);
  });
});
