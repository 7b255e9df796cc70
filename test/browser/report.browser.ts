/**
 * report: the page that people put on a web space, as a browser shows it.
 *
 * It is made by the shipped program from a campaign whose lists, reasons and names are hostile. `SCREENSHOTS=DIR` keeps
 * what is seen.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { endJob, rehearsalServer, submitted } from '../support/rehearsed.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { keepScreenshot, LOOKS, open, type Look } from './chromium.js';

const HOSTILE = [
  '</script><img src=x onerror=alert(1)>',
  '"><svg onload=alert(2)>',
  "</style><script>alert(3)</script>' onmouseover='alert(4)",
  '<!-- \u001b[2J \u0007 \u202e gnp.exe ${7*7} &lt;b&gt;',
];

let file = '';

/** Four lists: one that arrived, one whose transfers failed for hostile reasons, one under way, one that waits. */
before(async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)], { consumer: { lists_per_run: 100 } });
  const [okay, bad, doing] = [listName(1), listName(2), listName(3)];
  const lfns = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `/lhcb/${name}/${index}.dst`);
  const jobs = await submitted(campaign, ral, { [okay]: lfns('a', 20), [bad]: lfns('b', 10), [doing]: lfns('c', 5) });
  endJob(ral, jobs[okay] ?? '');
  endJob(
    ral,
    jobs[bad] ?? '',
    HOSTILE.map((text) => ['FAILED', `SOURCE [2] No such file or directory ${text}`]),
  );
  campaign.put('TODO', listName(4), lfns('d', 7));
  await campaign.run('monitor', 0);
  // What a person may have written, and an hour long ago.
  campaign.write(
    `DONE/Bad/${listName(5)}`,
    `# auth: <b>a & b</b> | <i>no</i> | <u>x</u> y"z | 2018-04-12T10:11:12Z\n${campaign.line('/lhcb/<script>alert(5)</script>')}\n`,
  );
  const yesterday = Math.floor(Date.now() / 3_600_000 - 20) * 3_600_000;
  for (const [outcome, transfers, bytes] of [
    ['finished', 400, 9e11],
    ['transient', 30, 0],
    ['auth', 12, 0],
  ])
    campaign.leave('INSERT INTO hourly VALUES (?, ?, ?, ?)', yesterday, outcome, transfers, bytes);
  file = join(campaign.base, 'index.html');
  const ended = await run('misc/report', { base: campaign.base, args: [file] });
  assert.equal(ended.exit, 0, ended.stdout + ended.stderr);
});

describe('the page', { concurrency: 2 }, () => {
  for (const look of Object.keys(LOOKS) as Look[])
    test(`is whole in ${look}: charts are drawn, nothing is cut off, nothing is loaded`, async () => {
      const opened = await open(file, look);
      const { page, troubles } = opened;
      assert.equal(await page.locator('#charts article').count(), 4);
      assert.equal(await page.locator('#charts canvas').count(), 4);
      const [wide, shown] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
      assert.ok(wide !== undefined && shown !== undefined && wide <= shown, `${wide} of ${shown}`);
      await keepScreenshot(opened, look);
      assert.deepEqual(troubles, []);
    });

  test('light and dark differ, and each can be read', async () => {
    const colours = await Promise.all(
      (['light', 'dark'] as const).map(async (look) => {
        const { page } = await open(file, look);
        return page.evaluate(
          '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
        );
      }),
    );
    const [light, dark] = (colours as [string, string][]).map(
      ([text, behind]) => brightness(behind) - brightness(text),
    );
    assert.ok(light !== undefined && light > 150, `light ${light}`);
    assert.ok(dark !== undefined && dark < -150, `dark ${dark}`);
  });

  test('hostile texts are shown as texts: they make no element and run nothing', async () => {
    const { page, troubles } = await open(file);
    const text = (await page.locator('#bad').innerText()).replaceAll(/\s+/g, ' ');
    for (const part of [
      '</script><img src=x onerror=alert(1)>',
      '"><svg onload=alert(2)>',
      '<i>no</i>',
      '\\x1b[2J',
      '\\u{202e}',
    ])
      assert.ok(text.includes(part), `${part} is not shown`);
    assert.equal(
      await page.locator('img, body script:not([id]) ~ *, #bad svg, #bad script, #bad b b, #bad i').count(),
      0,
    );
    await page.locator('#bad li').first().hover();
    assert.deepEqual(troubles, []);
  });

  test('its policy stops a script that somebody has put into it', async () => {
    const { page, troubles } = await open(file);
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken over"';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="https://example.invalid/x.png" onerror="document.title = 1">');
    }`);
    assert.doesNotMatch(await page.title(), /taken over|^1$/);
    assert.ok(
      troubles.some((trouble) => trouble.includes('Content Security Policy')),
      troubles.join('\n'),
    );
  });

  test('the bad transfers are searched by words and by class', async () => {
    const { page } = await open(file);
    const shown = () => page.locator('#bad li:visible').count();
    assert.equal(await shown(), HOSTILE.length + 1);
    await page.getByRole('searchbox').fill('onload  /lhcb/B/1.dst');
    assert.equal(await shown(), 1);
    assert.equal(await page.locator('form.search output').innerText(), `1 of ${HOSTILE.length + 1}`);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('combobox').selectOption('auth');
    assert.equal(await shown(), 1);
    await page.getByRole('searchbox').press('Enter');
    assert.equal(await shown(), 1);
  });

  test('a range is chosen, and what a bar stands for is said beside it', async () => {
    const { page } = await open(file);
    const legend = page.locator('#charts article').nth(3).locator('.u-legend');
    await page.getByRole('button', { name: '2 days' }).click();
    assert.equal(await page.getByRole('button', { name: '2 days' }).getAttribute('aria-pressed'), 'true');
    const plot = page.locator('#charts article').nth(3).locator('.u-over');
    const box = await plot.boundingBox();
    assert.ok(box !== null);
    // The first of the 24 hours is not the one with failures; somewhere on the way stand 30 and 12.
    const said = new Set<string>();
    for (let x = 2; x < box.width; x += box.width / 60) {
      await page.mouse.move(box.x + x, box.y + box.height / 2);
      said.add((await legend.innerText()).replaceAll(/\s+/g, ' '));
    }
    assert.ok(
      [...said].some((text) => /transient\D*30\D*12/.test(text)),
      [...said].join('\n'),
    );
  });

  test('without scripts every number stands there all the same', async () => {
    const { page, troubles } = await open(file, 'phone', { script: false });
    assert.match(await page.locator('#progress').innerText(), /DONE\/Okay\s+26/);
    assert.equal(await page.locator('#bad li').count(), HOSTILE.length + 1);
    assert.equal(await page.locator('#charts').isVisible(), false);
    assert.deepEqual(troubles, []);
  });
});

/** Of `rgb(1, 2, 3)`, between 0 and 255. */
function brightness(colour: string): number {
  const parts = colour.match(/\d+/g)?.slice(0, 3).map(Number) ?? [];
  return parts.reduce((sum, part) => sum + part, 0) / 3;
}
