/**
 * pageAssets: the scripts and styles that a campaign's page brings along, with the hashes by which its policy knows them.
 *
 * Charts are drawn by uPlot, which stands in the page as a whole: a page on a web space loads nothing.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PageAssets } from './htmlPage.js';

const require = createRequire(import.meta.url);
const ours = (name: string): string => text(new URL(`../../data/${name}`, import.meta.url));
const library = (name: string): string => text(require.resolve(`uplot/dist/${name}`));

export function pageAssets(): PageAssets {
  const script = `${library('uPlot.iife.min.js')}\n${ours('report.js')}`;
  const style = `${library('uPlot.min.css')}\n${ours('report.css')}`;
  if (/<\/(script|style)|<!--/i.test(script + style)) throw new Error('a script or style would end its own element');
  return { script, scriptHash: hash(script), style, styleHash: hash(style) };
}

/** A browser hashes what it has read, and reads a carriage return as a newline. */
const text = (file: string | URL): string => readFileSync(file, 'utf8').replaceAll(/\r\n?/g, '\n');
const hash = (content: string): string => createHash('sha256').update(content).digest('base64');
