/**
 * htmlSections: the parts of a campaign's page: how far it is, the servers, the storages, what failed, and what is bad.
 * Pure.
 */

import type { Hourly } from '../rules/hourly.js';
import { newerInWords, tapeInWords, type StatusReport } from './report.js';
import { html, type Html } from '../text/html.js';
import { count, size } from '../text/terminal.js';
import { remainingInWords } from '../lfnLists/pace.js';

export interface PageFacts {
  /** What the campaign is called: the name of its directory, without where that stands. */
  readonly name: string;
  readonly campaign: string;
  readonly version: string;
  readonly now: Date;
  readonly report: StatusReport;
  /** LFNs a day. */
  readonly perDay: number;
  /** Why a server is not reachable, by endpoint. */
  readonly whyNot: ReadonlyMap<string, string>;
  readonly hourly: readonly Hourly[];
  readonly failures: readonly PageFailure[];
  /** The newest ones; `report` says how many there are. */
  readonly bad: readonly PageBad[];
}

/** Failures of one meaning; times in milliseconds since 1970. */
export interface PageFailure {
  readonly class: string;
  readonly meaning: string;
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly source: string;
  readonly reason: string;
  readonly job: PageJob;
}

/** A transfer in DONE/Bad. */
export interface PageBad {
  readonly list: string;
  readonly source: string;
  readonly destination: string;
  /** Null where a person has put it there without saying why. */
  readonly why: {
    readonly class: string;
    readonly meaning: string;
    readonly reason: string;
    readonly at: string;
  } | null;
  readonly job: PageJob | null;
}

export interface PageJob {
  readonly id: string;
  readonly server: string;
  /** FTS's monitoring page of it; null where it has none. */
  readonly link: string | null;
}

/** Only the beginning of a longer text is shown. */
const LONGEST_TEXT = 600;

const PLACES = [
  ['okay', 'DONE/Okay'],
  ['doing', 'DOING'],
  ['todo', 'TODO'],
  ['toCut', 'to cut'],
  ['bad', 'DONE/Bad'],
] as const;

export function progressSection({ report, perDay, hourly }: PageFacts): Html {
  const { transfers, eta } = report;
  const all = PLACES.reduce((sum, [place]) => sum + transfers[place], 0);
  const percent = all === 0 ? 0 : Math.floor((transfers.okay / all) * 1000) / 10;
  const bytes = hourly.reduce((sum, row) => sum + row.bytes, 0);
  return html`<section id="progress">
    <p class="share">
      <strong>${percent} %</strong> of ${count(all)} transfers have
      arrived${bytes === 0 ? '' : `, ${size(bytes)} so far`}
    </p>
    ${bar(transfers, all)}
    <dl class="places">
      ${PLACES.map(
        ([place, name]) =>
          html`<div>
            <dt><span class="dot ${place}"></span>${name}</dt>
            <dd>${count(transfers[place])}</dd>
          </div>`,
      )}
    </dl>
    <p class="pace">
      ${sentence(remainingInWords(transfers.toCut, perDay))}${eta === null ? '' : ` All is done by ${eta.slice(0, 10)}, if it goes on like this.`}
    </p>
    ${report.tape.map((each) => html`<p class="tape">${tapeInWords(each)} UTC</p>`)}
  </section>`;
}

/** One bar of a thousand units; a place that holds anything can be seen. */
function bar(transfers: PageFacts['report']['transfers'], all: number): Html {
  let x = 0;
  const parts = PLACES.map(([place, name]) => {
    const width = all === 0 ? 0 : Math.max(transfers[place] > 0 ? 2 : 0, (transfers[place] / all) * 1000);
    x += width;
    return html`<rect class="${place}" x="${(x - width).toFixed(1)}" y="0" width="${width.toFixed(1)}" height="20"
      ><title>${name}: ${count(transfers[place])}</title></rect
    >`;
  });
  return html`<svg
    class="bar"
    viewBox="0 0 ${Math.max(1000, x).toFixed(1)} 20"
    preserveAspectRatio="none"
    role="img"
    aria-label="Transfers by place"
  >
    ${parts}
  </svg>`;
}

export function serverSection({ report, whyNot }: PageFacts): Html {
  return html`<section id="servers">
    <h2>Servers</h2>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>server</th>
            <th>state</th>
            <th class="number">open jobs</th>
            <th class="number">delegation left</th>
          </tr>
        </thead>
        <tbody>
          ${report.servers.map((server) => {
            const why = whyNot.get(server.endpoint);
            return html`<tr>
              <td><b>${server.name}</b><small>${server.endpoint}</small></td>
              <td>
                <span class="state ${server.reachable ? 'up' : 'down'}"
                  >${server.reachable ? 'answers' : 'not usable'}</span
                >${why === undefined ? '' : html`<small>${shortened(why)}</small>`}
              </td>
              <td class="number" data-label="open jobs">${count(server.openJobs)}</td>
              <td class="number" data-label="delegation left">
                ${server.delegationSecondsLeft === null ? '–' : span(server.delegationSecondsLeft)}
              </td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    ${report.newerServersWanted.map((each) => html`<p>${newerInWords(each)}: ${shortened(each.why)}</p> `)}
  </section>`;
}

export function storageSection({ report: { storages } }: PageFacts): Html {
  if (storages.length === 0) return html``;
  return html`<section id="storages">
    <h2>Storages</h2>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>storage</th>
            <th>state</th>
            <th class="number">finished lately</th>
            <th class="number">failed lately</th>
          </tr>
        </thead>
        <tbody>
          ${storages.map(
            ({ storage, state, since, finished, failed, why }) =>
              html`<tr>
                <td><b>${storage}</b></td>
                <td>
                  <span class="state ${state === 'open' ? 'up' : 'down'}"
                    >${state}${since === null ? '' : ` since ${day(Date.parse(since))}`}</span
                  >${why === null ? '' : html`<small>${shortened(why)}</small>`}
                </td>
                <td class="number" data-label="finished lately">${count(finished)}</td>
                <td class="number" data-label="failed lately">${count(failed)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

export function failureSection({ failures }: PageFacts): Html {
  const body =
    failures.length === 0
      ? html`<p class="none">No transfer has failed so far.</p>`
      : html`<div class="wide">
          <table>
            <thead>
              <tr>
                <th class="number">times</th>
                <th>what</th>
                <th>first seen</th>
                <th>last seen</th>
              </tr>
            </thead>
            <tbody>
              ${failures.map(failureRow)}
            </tbody>
          </table>
        </div>`;
  return html`<section id="failures">
    <h2>Failures</h2>
    ${body}
  </section>`;
}

function failureRow({
  class: name,
  meaning,
  count: times,
  firstSeen,
  lastSeen,
  source,
  reason,
  job,
}: PageFailure): Html {
  return html`<tr>
    <td class="number" data-label="times">${count(times)}</td>
    <td>
      ${chip(name)} ${meaning}
      <details>
        <summary>the last one</summary>
        <p class="url">${source}</p>
        <p class="reason">${shortened(reason)}</p>
        <p>${jobOf(job)}</p>
      </details>
    </td>
    <td data-label="first seen">${day(firstSeen)}</td>
    <td data-label="last seen">${day(lastSeen)}</td>
  </tr>`;
}

export function badSection({ report, bad }: PageFacts): Html {
  const all = report.transfers.bad;
  const more = all > bad.length ? html` The newest ${count(bad.length)} of them stand here.` : '';
  const body =
    bad.length === 0
      ? html`<p class="none">No transfer is bad.</p>`
      : html`<form class="search" hidden>
            <input
              type="search"
              placeholder="search LFN, reason, list, server"
              aria-label="Search the bad transfers"
            /><select aria-label="Class">
              <option value="">all classes</option>
              ${classesOf(bad).map((name) => html`<option>${name}</option>`)}</select
            ><output></output>
          </form>
          <ul class="bad">
            ${bad.map(badItem)}
          </ul>`;
  return html`<section id="bad">
    <h2>Bad transfers</h2>
    <p>${count(all)} in DONE/Bad wait for a person.${more}</p>
    ${body}
  </section>`;
}

function badItem({ list, source, destination, why, job }: PageBad): Html {
  const what =
    why === null ? html`<b>no reason noted</b>` : html`${chip(why.class)} <b>${why.meaning}</b> <time>${why.at}</time>`;
  return html`<li data-class="${why?.class ?? ''}">
    <p>${what}</p>
    <p class="url">${source}</p>
    <p class="url to">${destination}</p>
    ${why === null || why.reason === '' ? '' : html`<p class="reason">${shortened(why.reason)}</p>`}
    <p class="where">${list}${job === null ? '' : html` · ${jobOf(job)}`}</p>
  </li> `;
}

const jobOf = ({ id, server, link }: PageJob): Html =>
  link === null ? html`${server} ${id}` : html`${server} <a href="${link}" rel="noreferrer">${id}</a>`;

const chip = (name: string): Html => html`<span class="chip ${name}">${name}</span>`;

const classesOf = (bad: readonly PageBad[]): string[] =>
  [...new Set(bad.flatMap(({ why }) => (why === null ? [] : [why.class])))].sort();

const shortened = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
const day = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

/** `2 d 3 h`, `3 h 20 min`. */
function span(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  return days > 0 ? `${days} d ${hours} h` : `${hours} h ${minutes % 60} min`;
}
