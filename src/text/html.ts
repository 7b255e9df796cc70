/**
 * html: pieces of a page into which no text of others can put more than text.
 *
 * Reasons, LFNs and names come from storages, servers and people. In a template marked `html` everything that is not
 * itself marked is escaped, invisible and control characters included, so that forgetting it is not possible.
 */
import { escapeText } from './escape.js';

/** Markup that may stand in a page as it is. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Value = string | number | Html | readonly Html[];

/** A template whose values are escaped, unless they are markup. */
export function html(texts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const markup = texts.map((text, index) => (index === 0 ? text : `${markupOf(values[index - 1] ?? '')}${text}`));
  return new Html(markup.join(''));
}

/**
 * Data for a script, as the content of a `<script type="application/json">`. Nothing in it ends the element or begins
 * another one: the parser of a page looks for `<` alone.
 */
export function scriptJson(data: unknown): Html {
  return new Html(JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, inUnicode));
}

/** Text for an element or an attribute in double quotes. */
export function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

function markupOf(value: Value): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(`${value}`);
  return value instanceof Html ? value.markup : value.map(({ markup }) => markup).join('');
}

const inUnicode = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;
