#!/usr/bin/env node
/**
 * doctor: the command; what it looks at stands in doctor/. It has a frame of its own, as it must work where the others
 * end.
 */
import { checksText, countOf, type Check } from '../doctor/checks.js';
import { examine, exitOf } from '../doctor/doctor.js';
import { escapeText, jsonLine } from '../text/escape.js';
import { hideSecrets } from '../text/hideSecrets.js';
import { commonOptions, type CommonOptions } from '../run/options.js';
import { EXIT, UsageError, endWith, worst, type Exit } from '../errors.js';
import { outputLost, print, printError } from '../output.js';

function show(checks: readonly Check[], exit: Exit, options: CommonOptions): void {
  if (options.json === true) {
    const counts = {
      ok: countOf(checks, 'ok'),
      warning: countOf(checks, 'warning'),
      failed: countOf(checks, 'failed'),
    };
    const warnings = checks.filter(({ state }) => state !== 'ok').map(({ text }) => text);
    print(`${hideSecrets(jsonLine({ program: 'doctor', findings: checks, counts, warnings, exit }))}\n`);
  } else if (options.quiet !== true || exit !== EXIT.ok)
    print(
      checksText(checks)
        .map((line) => `${hideSecrets(escapeText(line))}\n`)
        .join(''),
    );
}

async function main(): Promise<Exit> {
  const command = commonOptions(
    'doctor',
    'Looks at everything that a campaign needs; each line is ok, warning or failed.',
  );
  command.configureOutput({ writeOut: print, writeErr: printError });
  try {
    command.parse();
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const options = command.opts<CommonOptions>();
  const checks = await examine(options, process.env);
  const exit = exitOf(checks);
  show(checks, exit, options);
  return exit;
}

async function ended(): Promise<Exit> {
  try {
    const exit = await main();
    const lost = outputLost();
    if (lost === null) return exit;
    printError(`doctor: ${lost.message}\n`);
    return worst([exit, lost.exit]);
  } catch (error) {
    if (error instanceof UsageError) {
      printError(`${error.message}\n`);
      return error.exit;
    }
    printError(`doctor: a bug, please report it with this:\n${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT.bug;
  }
}

endWith(ended());
