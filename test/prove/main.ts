/**
 * main: the whole proof, for `npm run prove`; `-- --nightly` for more of it.
 *
 * Runs its parts one after the other, each as a process of its own that uses all cores, shows their lines as they come, and
 * ends with a table of what was tried. Every part says in its lines how much it has tried; a line that begins with FAILED is
 * something that does not hold. Exit status 1 if there was one.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

interface Part {
  readonly script: string;
  readonly nightly: string;
  /** What its lines count. */
  readonly counts: Readonly<Record<string, RegExp>>;
}

const PARTS: readonly Part[] = [
  {
    script: 'crash/exhaustive',
    nightly: '--all-ends',
    counts: { 'kill points': /(\d+) (?:before|after|halfway|kills)\b/g, 'errors of the disk': /(\d+) disk errors/g },
  },
  { script: 'lostAnswers/main', nightly: '--nightly', counts: { 'cut answers': /^(\d+) cut answers?/g } },
  { script: 'random/main', nightly: '--nightly', counts: { 'random campaigns': /^(\d+) campaigns?/g } },
  {
    script: 'campaigns/main',
    nightly: '--nightly',
    counts: { 'random campaigns in one process': /^(\d+) campaigns?/g },
  },
  { script: 'hostile/main', nightly: '--nightly', counts: { inputs: /^(\d+) inputs?/g } },
  { script: 'mutations/main', nightly: '--nightly', counts: { mutations: /^(\d+) mutations?/g } },
];

const nightly = process.argv.includes('--nightly');
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const tried = new Map<string, number>();
let failures = 0;

function count(line: string, { counts }: Part): void {
  if (line.startsWith('FAILED')) failures += 1;
  else
    for (const [what, pattern] of Object.entries(counts))
      for (const [, number] of line.matchAll(pattern)) tried.set(what, (tried.get(what) ?? 0) + Number(number));
}

/** A part that ends badly without having said why has failed too. */
async function prove(part: Part): Promise<void> {
  const before = failures;
  const script = fileURLToPath(new URL(`../${part.script}.js`, import.meta.url));
  const child = spawn(process.execPath, [script, ...(nightly ? [part.nightly] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  for await (const line of createInterface(child.stdout)) {
    say(line);
    count(line, part);
  }
  if ((await ended) !== 0 && failures === before) {
    failures += 1;
    say(`FAILED  ${part.script} ended with ${await ended}`);
  }
}

const began = performance.now();
for (const part of PARTS) await prove(part);
say('');
for (const part of PARTS)
  for (const what of Object.keys(part.counts)) say(`${String(tried.get(what) ?? 0).padStart(7)}  ${what}`);
const minutes = Math.round((performance.now() - began) / 60_000);
say(`${failures === 0 ? 'All of it holds' : `${failures} failures`}, ${minutes} min`);
process.exitCode = failures === 0 ? 0 : 1;
