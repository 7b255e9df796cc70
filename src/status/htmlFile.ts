/**
 * htmlFile: writes the campaign's page. Errors: `SpoolError` where the file cannot be written.
 */
import path from 'node:path';
import { parseBadList, type BadEntry } from '../lists/badList.js';
import { campaignPage, type PageAssets } from './htmlPage.js';
import { type PageBad, type PageFacts, type PageJob } from './htmlSections.js';
import { byAge } from '../lists/names.js';
import * as outcomeRows from '../database/outcomeRows.js';
import type { Gathered } from './campaignStatus.js';
import { monitoringLink } from '../fts3/index.js';
import { version } from '../run/package.js';
import type { Run } from '../run/program.js';
import { hideSecrets } from '../text/hideSecrets.js';
import { publish } from '../disk.js';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A browser on a phone still searches so many at once. */
const MOST_BAD = 2000;

export function writePage(run: Run, file: string, { report, facts }: Gathered): void {
  const { db, campaign } = run;
  const page: PageFacts = {
    // Where the campaign stands on our disk is nobody else's business.
    name: path.basename(run.base),
    campaign,
    version: version(),
    now: run.now(),
    report,
    perDay: facts.perDay,
    whyNot: facts.whyNot,
    hourly: outcomeRows.hourly(db),
    failures: outcomeRows.failures(db).map(({ endpoint, jobId, ...failure }) => ({
      ...failure,
      source: hideSecrets(failure.source),
      reason: hideSecrets(failure.reason),
      job: jobOf(run, endpoint, jobId),
    })),
    bad: newestBad(run),
  };
  publish(file, campaignPage(page, pageAssets()));
}

/** The newest lists first; one that cannot be read is left out, as `misc/requeue.js` names it. */
function newestBad(run: Run): PageBad[] {
  const endpoints = new Map(run.settings.fts.server.map(({ name, endpoint }) => [name, endpoint]));
  const bad: PageBad[] = [];
  for (const list of [...run.spool.listing('DONE/Bad').lists].sort(byAge).reverse()) {
    const read = run.spool.read('DONE/Bad', list);
    if (!('bytes' in read)) continue;
    for (const entry of parseBadList(read.bytes).entries) {
      if (bad.length === MOST_BAD) return bad;
      bad.push(badOf(run, list, entry, endpoints));
    }
  }
  return bad;
}

function badOf(run: Run, list: string, { transfer, why }: BadEntry, endpoints: ReadonlyMap<string, string>): PageBad {
  const [source, destination] = [hideSecrets(transfer.source), hideSecrets(transfer.destination)];
  if (why === null) return { list, source, destination, why, job: null };
  const { server, jobId, ...noted } = why;
  const rest = { ...noted, reason: hideSecrets(noted.reason) };
  const endpoint = endpoints.get(server);
  const job = endpoint === undefined ? { id: jobId, server, link: null } : jobOf(run, endpoint, jobId);
  return { list, source, destination, why: rest, job };
}

function jobOf(run: Run, endpoint: string, id: string): PageJob {
  const configured = run.settings.fts.server.find((each) => each.endpoint === endpoint)?.name;
  const server = configured ?? (URL.canParse(endpoint) ? new URL(endpoint).hostname : endpoint);
  return { id, server, link: monitoringLink(endpoint, id) };
}

const ours = (name: string): string => text(path.join(__dirname, '../../data', name));
const library = (name: string): string => text(require.resolve(`uplot/dist/${name}`));

/**
 * The scripts and styles that the page brings along, with the hashes by which its policy knows them. Charts are drawn
 * by uPlot, which stands in the page as a whole: a page on a web space loads nothing.
 */
function pageAssets(): PageAssets {
  const script = `${library('uPlot.iife.min.js')}\n${ours('report.js')}`;
  const style = `${library('uPlot.min.css')}\n${ours('report.css')}`;
  if (/<\/(script|style)|<!--/i.test(script + style)) throw new Error('a script or style would end its own element');
  return { script, scriptHash: hash(script), style, styleHash: hash(style) };
}

/** A browser hashes what it has read, and reads a carriage return as a newline. */
const text = (file: string): string => readFileSync(file, 'utf8').replaceAll(/\r\n?/g, '\n');
const hash = (content: string): string => createHash('sha256').update(content).digest('base64');
