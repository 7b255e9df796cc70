import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { escapeHtml, html, scriptJson } from '../../dist/text/html.js';

test('values are text, unless they are markup themselves', () => {
  const inner = html`<b>${'<i>'}</b>`;
  assert.equal(
    html`<p title="${'"x"'}">${inner} ${[inner, inner]} ${3}</p>`.markup,
    ['<p title="&#34;x&#34;"><b>&#60;i&#62;</b> <b>&#60;i&#62;</b><b>&#60;i&#62;</b> 3</p>'][0],
  );
});

test('no text ends an element or an attribute, or moves a cursor', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => assert.doesNotMatch(escapeHtml(text), /[<>"'\p{Cc}\u202e]/u)),
  );
  assert.equal(escapeHtml('\u001b[2J & \u202e'), '\\x1b[2J &#38; \\u{202e}');
});

test('data for a script reads back unchanged, and holds no mark that a parser of pages knows', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('</script><!--'))), (data) => {
      const { markup } = scriptJson(data);
      assert.doesNotMatch(markup, /[<>&\u2028\u2029]/);
      assert.deepEqual(JSON.parse(markup), data);
    }),
  );
});
