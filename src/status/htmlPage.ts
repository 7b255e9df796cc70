/**
 * htmlPage: a campaign as one HTML page that needs nothing but itself, to be put on a web space.
 *
 * All numbers stand in the page as text; the scripts only draw the charts and search. A policy in the page forbids to
 * load anything, to send anything and to run any script but these, whatever a server's text may hold. Pure.
 */
import { Html, html, scriptJson } from '../text/html.js';
import { credentialSection } from './credentials.js';
import {
  badSection,
  failureSection,
  progressSection,
  serverSection,
  storageSection,
  type PageFacts,
} from './htmlSections.js';

/** What the page brings along: texts, and the SHA-256 of each in base64, by which its policy knows them. */
export interface PageAssets {
  readonly script: string;
  readonly scriptHash: string;
  readonly style: string;
  readonly styleHash: string;
}

/** In the order in which the charts stack them. */
const OUTCOMES = ['finished', 'permanent', 'transient', 'auth', 'config'];

export function campaignPage(facts: PageFacts, assets: PageAssets): string {
  const time = facts.now.toISOString();
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy(assets)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="data:," />
        <title>${facts.name}: Castor2Echo</title>
        ${verbatim('style', assets.style)}
      </head>
      <body>
        <header>
          <h1>${facts.name}</h1>
          <p>as of <time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time></p>
        </header>
        <main>
          ${progressSection(facts)} ${CHARTS} ${serverSection(facts)} ${storageSection(facts)}
          ${credentialSection(facts.report)} ${failureSection(facts)} ${badSection(facts)}
        </main>
        <footer>Campaign ${facts.campaign}, by Castor2Echo ${facts.version}. All times are UTC.</footer>
        ${verbatim('script type="application/json" id="data"', scriptJson(dataOf(facts)).markup)}
        ${verbatim('script', assets.script)}
      </body>
    </html> `;
  return page.markup;
}

/** An element with exactly this content: the policy knows it by its hash. */
const verbatim = (element: string, content: string): Html =>
  new Html(`<${element}>${content}</${element.split(' ')[0] ?? ''}>`);

const policy = ({ scriptHash, styleHash }: PageAssets): string =>
  `default-src 'none'; script-src 'sha256-${scriptHash}'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`;

/** The page's script fills this: without scripts it stays hidden, and the numbers elsewhere say the same. */
const CHARTS = html`<section id="charts" hidden aria-label="Charts">
  <div class="ranges" role="group" aria-label="Range of the charts"></div>
  <div class="grid"></div>
</section>`;

/** One row an hour: its beginning in seconds since 1970, bytes, then the transfers by outcome. */
function dataOf({ now, hourly }: PageFacts): object {
  const hours = new Map<number, number[]>();
  for (const { hour, outcome, transfers, bytes } of hourly) {
    const row = hours.get(hour) ?? [hour / 1000, 0, ...OUTCOMES.map(() => 0)];
    const column = OUTCOMES.indexOf(outcome) + 2;
    row[1] = (row[1] ?? 0) + bytes;
    if (column >= 2) row[column] = (row[column] ?? 0) + transfers;
    hours.set(hour, row);
  }
  return { now: Math.floor(now.getTime() / 1000), outcomes: OUTCOMES, hours: [...hours.values()] };
}
