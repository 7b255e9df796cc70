/**
 * confirm: lets a person say yes before a script moves or cancels anything.
 *
 * It shows what would be done and asks on a terminal; `--yes` says so beforehand. Where there is neither, nothing is
 * done and the run ends with a UsageError. A dry run does nothing, so it needs no consent.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { escapeText } from '../text/escape.js';
import { UsageError } from '../errors.js';
import type { Run } from './program.js';

/** The option of a script that asks, and its options as they are read. */
export const YES = ['--yes', 'do it without asking'] as const;
export interface Asking {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Where the plan is shown, and where the question is put and answered. */
export interface Terminal {
  readonly show: (text: string) => void;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
}

export interface Question {
  readonly text: string;
  readonly isYes: (answer: string) => boolean;
  /** What was said when it was not. */
  readonly otherwise: string;
  /** What answers it beforehand. */
  readonly beforehand: string;
}

const YES_OR_NO: Question = {
  text: 'Do this? [y/N] ',
  isYes: (answer) => /^\s*y(es)?\s*$/i.test(answer),
  otherwise: 'the answer was not yes',
  beforehand: '--yes',
};

/** For what cannot be undone: whoever says yes has read how much it is. */
export const howMany = (count: number, what: string): Question => ({
  text: `Type the number of ${what} to ${count === 1 ? 'do this' : 'do this to all of them'}: `,
  isYes: (answer) => answer.trim() === String(count),
  otherwise: `the answer was not ${count}`,
  beforehand: `--yes --expect ${count}`,
});

/** True: go on. `plan` is what would be done, line by line. */
export async function confirmed(
  run: Pick<Run, 'dryRun' | 'summary' | 'stdout' | 'stderr'>,
  plan: readonly string[],
  options: Asking,
  terminal: Terminal = terminalOf(run, options),
  question: Question = YES_OR_NO,
): Promise<boolean> {
  const sayNothing = options.quiet === true && (options.yes === true || run.dryRun);
  if (!sayNothing) terminal.show(plan.map((line) => `${escapeText(line)}\n`).join(''));
  if (run.dryRun || options.yes === true) return true;
  if (terminal.input.isTTY !== true || terminal.output.isTTY !== true)
    throw new UsageError(
      `Nothing was done: there is no terminal to ask on; say ${question.beforehand} to have it done`,
    );
  const yes = question.isYes(await answer(terminal, question.text));
  if (!yes) run.summary.note(`nothing was done: ${question.otherwise}`);
  return yes;
}

/** With `--json` stdout belongs to the summary. */
export function terminalOf({ stdout, stderr }: Pick<Run, 'stdout' | 'stderr'>, { json }: Asking): Terminal {
  if (json === true) return { show: stderr, input: process.stdin, output: process.stderr };
  return { show: stdout, input: process.stdin, output: process.stdout };
}

/** One line; "" when the input ends or the question is interrupted. */
function answer({ input, output }: Terminal, question: string): Promise<string> {
  return new Promise((resolve) => {
    const lines = createInterface({ input, output, terminal: true });
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('SIGINT', () => {
      output.write('\n');
      lines.close();
    });
    // After a line this changes nothing any more.
    lines.once('close', () => resolve(''));
    lines.setPrompt(question);
    lines.prompt();
  });
}
