/**
 * requeue: sends lists back to TODO: those in DOING whose job was cancelled, and those in DONE/Bad. It also lets those
 * in TODO go on that stay back because servers failed on them.
 *
 * A cancelled list is split like a dirty one, so that what had finished is not sent again. Of DONE/Bad whole lists can
 * be chosen, or the transfers with a certain reason; they get new names with the prefix `R-`, and their failures are
 * forgotten. It shows first what it would do, with the reasons, and asks.
 */
import { Option, type Command } from 'commander';
import path from 'node:path';
import type { Choice, Detour } from './sendBack.js';
import { BadLists, describeReasons } from './badLists.js';
import { CancelledLists } from './cancelled.js';
import { StayingBack } from './stayingBack.js';
import { confirmed, YES, type Asking } from '../run/confirm.js';
import type { Program, Run } from '../run/program.js';
import { shown } from '../text/words.js';
import { UsageError } from '../errors.js';
import { routeNamed } from '../settings/route.js';
import { openServers } from '../servers/servers.js';

interface Options extends Asking {
  readonly all?: boolean;
  readonly class?: string;
  readonly reason?: string;
  readonly lfn: readonly string[];
  readonly route?: string;
}

/** Where lists can be sent back from. */
interface Sources {
  readonly cancelled: CancelledLists;
  readonly bad: BadLists;
  readonly back: StayingBack;
}

async function requeue(run: Run, options: Options, names: readonly string[]): Promise<void> {
  const by = detourOf(run, options.route);
  const servers = openServers(run);
  try {
    const cancelled = new CancelledLists(run, servers);
    const bad = new BadLists(run);
    const choice = choiceOf(options);
    const back = new StayingBack(run);
    if (names.length > 0) await chooseNamed(run, names, choice, { cancelled, bad, back });
    else if (options.all === true || isLimited(choice)) {
      if (!isLimited(choice)) {
        await cancelled.look(cancelled.lastSeen());
        back.choose(back.all());
      }
      bad.choose(bad.all(), choice);
    } else return sayWhatThereIs(run, { cancelled, bad, back });

    const lists = [...cancelled.plan(), ...bad.plan(), ...back.plan()];
    if (lists.length === 0) return run.summary.note('nothing that was asked for is there to be sent back');
    const plan = ['To be sent back to TODO:', ...shown(lists), ...bad.reasons().map((line) => `  ${line}`)];
    if (!(await confirmed(run, plan, options))) return;
    cancelled.sendBack();
    bad.sendBack(by);
    back.release();
  } finally {
    await servers.close();
  }
}

/** A name may stand in both places: DONE/Bad then holds lines of it that were no LFNs. */
async function chooseNamed(
  run: Run,
  names: readonly string[],
  choice: Choice,
  { cancelled, bad, back }: Sources,
): Promise<void> {
  const doing: string[] = [];
  for (const given of new Set(names)) {
    // `DONE/Bad/NAME`, as a shell completes it, means the one there.
    const [name, directory] = [path.basename(given), path.basename(path.dirname(given))];
    const inDoing = directory !== 'Bad' && run.spool.exists('DOING', name);
    const inBad = directory !== 'DOING' && run.spool.exists('DONE/Bad', name);
    if (inBad) bad.choose([name], choice);
    if (inDoing && !isLimited(choice)) doing.push(name);
    else if (inDoing)
      run.summary.warn(`Left list "${name}" in DOING: --class, --reason and --lfn choose from DONE/Bad`);
    const staysBack = directory !== 'Bad' && directory !== 'DOING' && back.has(name);
    if (staysBack) back.choose([name]);
    if (!inDoing && !inBad && !staysBack) {
      run.summary.list({ list: name, action: 'skipped' });
      run.summary.needsAttention(
        `Cannot send back list "${name}": it stands neither in DOING nor in DONE/Bad, nor does it stay back in TODO`,
      );
    }
  }
  await cancelled.look(doing);
}

/** Without a choice: what could be chosen. */
function sayWhatThereIs(run: Run, { cancelled, bad, back }: Sources): void {
  const [lists, entries, waiting] = [cancelled.lastSeen(), bad.entries(), back.all()];
  for (const name of lists) run.summary.note(`list "${name}" in DOING was cancelled`);
  for (const name of waiting) run.summary.note(`list "${name}" in TODO stays back`);
  for (const line of describeReasons(entries)) run.summary.note(line);
  if (lists.length + entries.length + waiting.length === 0)
    run.summary.show('requeue: DONE/Bad is empty, no list in DOING was cancelled, and none in TODO stays back');
  else run.summary.show('requeue: nothing was chosen: name lists, or say --class, --reason, --lfn or --all');
}

function detourOf({ settings }: Run, name: string | undefined): Detour | null {
  if (name === undefined) return null;
  const route = routeNamed(settings.route, name);
  if (route === null) throw new UsageError(`--route ${name}: the settings name no such route`);
  return { route, routes: settings.route };
}

function choiceOf(options: Options): Choice {
  return {
    ...(options.class === undefined ? {} : { class: options.class }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    lfns: options.lfn,
  };
}

const isLimited = (choice: Choice): boolean =>
  choice.class !== undefined || choice.reason !== undefined || choice.lfns.length > 0;

export const program: Program<Options> = {
  name: 'requeue',
  description: 'Sends lists back to TODO: cancelled ones from DOING, and bad ones from DONE/Bad.',
  options: (command: Command) =>
    command
      .argument('[list...]', 'names of lists in DOING or DONE/Bad, or of those that stay back in TODO')
      .option('--all', 'every cancelled list in DOING, everything in DONE/Bad, and what stays back in TODO')
      .addOption(
        new Option('--class <class>', 'of DONE/Bad, only reasons of this class').choices([
          'permanent',
          'transient',
          'auth',
          'config',
          'unknown',
        ]),
      )
      .option('--reason <text>', 'of DONE/Bad, only reasons that contain this text (case does not count)')
      .option(
        '--lfn <lfn>',
        'of DONE/Bad, only this LFN (may be repeated)',
        (lfn, before: string[]) => [...before, lfn],
        [],
      )
      .option('--route <name>', 'of DONE/Bad: from the source of this route, and with its settings')
      .option(...YES),
  main: requeue,
};
