/**
 * main: applies each mutation to a copy of the project, and shows that the test that it names turns red.
 *
 * The same test must be green without the mutation. A mutation that survives is a hole in the tests; it is printed,
 * and the exit status is 1. Words on the command line choose the mutations whose names hold one of them.
 */
import { availableParallelism } from 'node:os';

import { FEW_CAMPAIGNS, FOUND_BY_CAMPAIGNS } from './campaigns.js';
import type { Mutation } from './mutation.js';
import { MUTATIONS } from './table.js';
import { Tree } from './tree.js';

type Proof = Pick<Mutation, 'red' | 'test'>;

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const chosen = MUTATIONS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Tests that are known to be green when nothing is wrong. */
const green = new Map<string, Promise<boolean>>();

function isGreen(tree: Tree, { red, test }: Proof): Promise<boolean> {
  const key = `${red}\n${test ?? ''}`;
  const known = green.get(key) ?? tree.test(red, test).then((ran) => !ran.red && ran.passed > 0);
  green.set(key, known);
  return known;
}

/** The tests that must turn red. */
const proofs = (mutation: Mutation): readonly Proof[] => [
  mutation,
  ...(FOUND_BY_CAMPAIGNS.has(mutation.name) ? [{ red: FEW_CAMPAIGNS }] : []),
];

/** Null, or why this mutation proves nothing. */
async function survives(tree: Tree, mutation: Mutation): Promise<string | null> {
  for (const proof of proofs(mutation)) {
    if (!(await isGreen(tree, proof))) return `${proof.red} is not green without it`;
    const { red } = await tree.with(mutation, () => tree.test(proof.red, proof.test));
    if (!red) return `survived ${proof.red} ${proof.test ?? ''}`;
  }
  return null;
}

const open = [...chosen];
let failures = 0;

async function worker(): Promise<void> {
  const tree = new Tree();
  for (let mutation = open.shift(); mutation !== undefined; mutation = open.shift()) {
    const why = await survives(tree, mutation).catch((error: unknown) => String(error));
    if (why === null)
      say(
        `1 mutation  ${mutation.name}: red in ${proofs(mutation)
          .map(({ red }) => red)
          .join(' and ')}`,
      );
    else say(`FAILED  ${mutation.name} (${mutation.file}): ${why}`);
    if (why !== null) failures += 1;
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), chosen.length) }, worker));
say(`${chosen.length - failures} of ${chosen.length} mutations turn a test red`);
process.exitCode = failures === 0 ? 0 : 1;
