/**
 * confirm: nothing is done unless a person has said yes, on a terminal or beforehand.
 */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';

import { Summary } from '../../dist/run/summary.js';
import { confirmed, type Asking } from '../../dist/run/confirm.js';
import { UsageError } from '../../dist/errors.js';

interface Case {
  readonly name: string;
  readonly options?: Asking;
  readonly dryRun?: boolean;
  readonly typed?: string;
  readonly isTTY?: boolean;
  readonly does: boolean;
  readonly shown?: boolean;
}

const CASES: readonly Case[] = [
  { name: 'yes typed', typed: 'yes\n', isTTY: true, does: true },
  { name: 'y typed', typed: ' Y \n', isTTY: true, does: true },
  { name: 'nothing typed but return', typed: '\n', isTTY: true, does: false },
  { name: 'anything else typed', typed: 'yesterday\n', isTTY: true, does: false },
  { name: 'the end of the input', typed: '', isTTY: true, does: false },
  { name: '--yes', options: { yes: true }, does: true },
  { name: '--yes --quiet shows nothing', options: { yes: true, quiet: true }, does: true, shown: false },
  { name: 'a dry run', dryRun: true, does: true },
];

const SILENT = { stdout: () => {}, stderr: () => {} };

describe('confirmed', () => {
  for (const { name, options = {}, dryRun = false, typed, isTTY = false, does, shown = true } of CASES)
    test(`${name}: ${does ? 'goes on' : 'does nothing'}`, async () => {
      const summary = new Summary('requeue', dryRun);
      const { terminal, output } = terminalOf(isTTY, typed);
      assert.equal(
        await confirmed({ ...SILENT, dryRun, summary }, ['a list', 'red \x1b[31m'], options, terminal),
        does,
      );
      assert.equal(output().includes('a list\n'), shown);
      assert.ok(!output().includes('\x1b[31m'));
      assert.equal(summary.text().includes('nothing was done'), !does);
    });

  test('without a terminal and without --yes it shows the plan and throws', async () => {
    const { terminal, output } = terminalOf(false, 'yes\n');
    const run = { ...SILENT, dryRun: false, summary: new Summary('requeue', false) };
    await assert.rejects(confirmed(run, ['a list'], {}, terminal), UsageError);
    assert.equal(output(), 'a list\n');
  });
});

function terminalOf(isTTY: boolean, typed = '') {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  input.end(typed);
  let text = '';
  output.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  const show = (text: string): void => void output.write(text);
  return { terminal: { show, input, output }, output: () => text };
}
