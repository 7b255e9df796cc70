/**
 * main: the whole proof, for `npm run prove`; `-- --nightly` for more of it.
 *
 * Runs its parts one after the other, each as a process of its own that uses all cores, shows their lines as they come,
 * and ends with a table of what was tried and the time of each part. Words choose the parts whose names have one of
 * them. Every part says in its lines how much it has tried; a line that begins with FAILED is something that does not
 * hold. Exit status 1 if there was one.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

interface Part {
  /** As the part is called in the list of the times. */
  readonly name: string;
  readonly script: string;
  /** What its lines count. */
  readonly counts: Readonly<Record<string, RegExp>>;
}

const PARTS: readonly Part[] = [
  {
    name: 'crashes',
    script: 'crash/exhaustive',
    counts: { 'kill points': /(\d+) (?:before|after|halfway|kills)\b/g, 'errors of the disk': /(\d+) disk errors/g },
  },
  { name: 'power cuts', script: 'power/main', counts: { 'disk states': /^ *(\d+) disk states/g } },
  { name: 'lease', script: 'lease/main', counts: { 'starts at the same instant': /^(\d+) starts/g } },
  { name: 'lost answers', script: 'lostAnswers/main', counts: { 'cut answers': /^(\d+) cut answers?/g } },
  { name: 'random campaigns', script: 'random/main', counts: { 'random campaigns': /^(\d+) campaigns?/g } },
  {
    name: 'random campaigns in one process',
    script: 'campaigns/main',
    counts: { 'random campaigns in one process': /^(\d+) campaigns?/g },
  },
  { name: 'mutations', script: 'mutations/main', counts: { mutations: /^(\d+) mutations?/g } },
  { name: 'hostile inputs', script: 'hostile/main', counts: { 'inputs tried': /^(\d+) inputs?/g } },
  {
    name: 'failing rehearsals',
    script: 'rehearsal/main',
    counts: { 'rehearsals found out': /^(\d+) rehearsals?/g },
  },
];

const nightly = process.argv.includes('--nightly');
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const chosen = PARTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
if (chosen.length === 0)
  throw new Error(`No part is called ${words.join(' ')}: ${PARTS.map(({ name }) => name).join(', ')}`);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const tried = new Map<string, number>();
const times: string[] = [];
let failures = 0;

function count(line: string, { counts }: Part): void {
  if (line.startsWith('FAILED')) failures += 1;
  else
    for (const [what, pattern] of Object.entries(counts))
      for (const [, number] of line.matchAll(pattern)) tried.set(what, (tried.get(what) ?? 0) + Number(number));
}

/** A part that ends badly without having said why has failed too. */
async function prove(part: Part): Promise<void> {
  const [before, began] = [failures, performance.now()];
  const script = fileURLToPath(new URL(`../${part.script}.js`, import.meta.url));
  const child = spawn(process.execPath, [script, ...(nightly ? ['--nightly'] : [])], {
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
  const time = `${((performance.now() - began) / 60_000).toFixed(1)} min`;
  say(`${part.name}: ${time}`);
  times.push(`${time} ${part.name}`);
}

const began = performance.now();
for (const part of chosen) await prove(part);
say('');
for (const part of chosen)
  for (const what of Object.keys(part.counts)) say(`${String(tried.get(what) ?? 0).padStart(7)}  ${what}`);
say(`\n${times.join(', ')}`);
const minutes = Math.round((performance.now() - began) / 60_000);
say(`${failures === 0 ? 'All of it holds' : `${failures} failures`}, ${minutes} min`);
process.exitCode = failures === 0 ? 0 : 1;
