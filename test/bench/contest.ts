/**
 * contest: a program against its rival, in turn, several times.
 *
 * Both are whole processes; what stands around a run (making its spool, removing it) is not measured. The machine may
 * be busy with other things, so the two alternate and the ratio of their medians is what counts.
 */
import { spawnSync } from 'node:child_process';
import { measured, type Command, type Figure } from './measured.js';

export interface Runner {
  readonly label: string;
  /** Before each run, not measured. */
  readonly prepare?: () => void | Promise<void>;
  readonly command: () => Command;
  /** After each run, not measured. What it returns are further figures of the run, such as a server's requests. */
  readonly finish?: () => Promise<Readonly<Record<string, number>>> | void;
}

/** What is demanded: the value, in words, and whether it is met. Null: not to be judged at this size. */
export interface Check {
  readonly target: string;
  readonly value: string;
  readonly met: boolean | null;
}

export interface Contest {
  readonly name: string;
  readonly what: string;
  readonly rounds: number;
  readonly subject: Runner;
  readonly rival: Runner | null;
  /** The program on other data, measured in turn with it. */
  readonly alongside?: readonly Runner[];
  readonly judge: (result: Measurements) => readonly Check[];
}

/** The runs of one runner, in their order. */
export interface Runs {
  readonly label: string;
  readonly figures: readonly Figure[];
  /** Further figures of the last run. */
  readonly further: Readonly<Record<string, number>>;
}

export interface Measurements {
  readonly subject: Runs;
  readonly rival: Runs | null;
  readonly alongside: readonly Runs[];
}

export async function hold(contest: Contest, tell: (line: string) => void): Promise<Measurements> {
  const { subject, alongside = [], rival, rounds, name } = contest;
  const runners = [subject, ...alongside, ...(rival === null ? [] : [rival])];
  const runs = runners.map((runner) => ({ runner, label: runner.label, figures: [] as Figure[], further: {} }));
  for (let round = 1; round <= rounds; round++)
    for (const of of runs) {
      const figure = await once(of.runner);
      of.figures.push(figure);
      of.further = (await of.runner.finish?.()) ?? {};
      tell(`  ${name} ${round}/${rounds} ${of.label}: ${figure.wallSeconds.toFixed(3)} s`);
    }
  const told = runs.map(({ label, figures, further }): Runs => ({ label, figures, further }));
  const [first, ...others] = told;
  if (first === undefined) throw new Error('a contest without a subject');
  return {
    subject: first,
    alongside: others.slice(0, alongside.length),
    rival: rival === null ? null : (others.at(-1) ?? null),
  };
}

async function once(runner: Runner): Promise<Figure> {
  await runner.prepare?.();
  // What making the data has left to be written would otherwise be waited for in the run.
  spawnSync('sync');
  return measured(runner.command());
}
