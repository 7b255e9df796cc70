/**
 * credentials: how the page and the terminal show for how long proxy and tokens last, and which lists wait for other
 * tokens. Pure.
 */
import { cureOfExpiry, day, whyTooShort, type Forecast } from '../rules/forecast.js';
import { html, type Html } from '../text/html.js';
import { wrapped, type TerminalLine } from '../text/terminal.js';
import { agree, plural } from '../text/words.js';
import type { StatusReport } from './report.js';

type Facts = Pick<StatusReport, 'forecast' | 'tokensWanted'>;

/** What is delegated stands with its server, unless it ends too early. */
const shown = ({ forecast }: Facts): readonly Forecast[] =>
  (forecast?.credentials ?? []).filter(({ kind, endsBefore }) => kind !== 'delegation' || endsBefore !== null);

const waiting = (route: string, lists: number): string =>
  `${plural(lists, 'list')} of route "${route}" ${agree(lists, 'waits', 'wait')} in TODO for other tokens`;

export function credentialLines(facts: Facts): TerminalLine[] {
  const lines = [
    ...shown(facts).flatMap((each) => {
      const why = whyShort(each, facts);
      if (why === null) return wrapped(stateOf(each), 4, '  ').map((text): TerminalLine => ({ text }));
      return wrapped(`${why}; ${cureOfExpiry(each)}`, 4, '  ').map((text): TerminalLine => ({
        text,
        colour: 'yellow',
      }));
    }),
    ...facts.tokensWanted.flatMap(({ route, lists, why }) =>
      wrapped(`${waiting(route, lists)}: ${why}`, 4, '  ').map((text): TerminalLine => ({ text, colour: 'red' })),
    ),
  ];
  return lines.length === 0 ? [] : [{ text: 'credentials', colour: 'bold' }, ...lines];
}

function stateOf({ title, file, ends, isUsable, isRenewed }: Forecast): string {
  const until = !isUsable ? 'cannot be used' : ends === null ? 'does not say its end' : `until ${day(ends)}`;
  return `${title}${file === null ? '' : ` ${file}`}: ${until}${isRenewed ? ', renewed before each run' : ''}`;
}

const whyShort = (each: Forecast, { forecast }: Facts): string | null =>
  forecast === null ? null : whyTooShort(each, forecast.queue);

/** Where they stand on our disk is nobody else's business. */
export function credentialSection(facts: Facts): Html {
  const credentials = shown(facts);
  if (credentials.length + facts.tokensWanted.length === 0) return html``;
  return html`<section id="credentials">
    <h2>Credentials</h2>
    <ul>
      ${credentials
        .map((each) => ({ ...each, file: null }))
        .map((each) => html`<li>${whyShort(each, facts) ?? stateOf(each)}</li> `)}
      ${facts.tokensWanted.map(({ route, lists }) => html`<li>${waiting(route, lists)}</li> `)}
    </ul>
  </section>`;
}
