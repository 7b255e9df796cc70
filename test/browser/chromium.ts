/**
 * chromium: a headless browser for one test file, and pages in it that tell what they tried to do.
 *
 * `CHROMIUM` names the browser where it is not in the usual places. The sandbox is off: in a container, as root, it
 * cannot be set up, and what is opened was made by the test itself.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const LOOKS = {
  light: { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true },
} as const;
export type Look = keyof typeof LOOKS;

export interface Opened {
  readonly page: Page;
  /** Requests for anything but the page, errors of scripts, and what the page's policy has refused. */
  readonly troubles: string[];
}

let running: Promise<Browser> | null = null;
after(async () => (await running)?.close());

function browser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error('Cannot test in a browser: there is no chromium; install it (apt-get install chromium)');
  running ??= chromium.launch({ executablePath, args: ['--no-sandbox'] });
  return running;
}

/** Opens a file as a person does, in a browser of its own. */
export async function open(file: string, look: Look = 'light', options: { script?: boolean } = {}): Promise<Opened> {
  const context = await (await browser()).newContext({ ...LOOKS[look], javaScriptEnabled: options.script ?? true });
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const troubles: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) troubles.push(`asked for ${request.url()}`);
  });
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('console', (message) => troubles.push(`${message.type()}: ${message.text()}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, troubles };
}

/** For a person to look at, in the directory that `SCREENSHOTS` names. */
export async function keepScreenshot({ page }: Opened, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS'];
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}
