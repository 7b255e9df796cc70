/**
 * main: a thousand times two programs start at the same instant, half of them on two hosts, half on one; with
 * `--nightly` ten thousand times. Never do both hold the lease. Exit status 1 if they did.
 */
import { startTogether, type Starts } from './starts.js';

const rounds = process.argv.includes('--nightly') ? 10_000 : 1_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

for (const hosts of [
  ['one.example', 'two.example'],
  ['one.example', 'one.example'],
] as const) {
  const where = hosts[0] === hosts[1] ? 'one host' : 'two hosts';
  try {
    const { together, tried, held } = await startOften(rounds / 2, hosts);
    say(
      `${together} starts of two programs on ${where} at the same instant (of ${tried}): the lease was held ${held} times, never by both`,
    );
  } catch (error) {
    say(`FAILED  two programs on ${where}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

/** On a busy machine one of the two is late now and then: such rounds are repeated, up to four times as many. */
async function startOften(wanted: number, hosts: readonly [string, string]): Promise<Starts & { tried: number }> {
  const sum = { together: 0, held: 0, tried: 0 };
  while (sum.together < wanted && sum.tried < 5 * wanted) {
    const { together, held } = await startTogether(wanted, hosts);
    sum.together += together;
    sum.held += held;
    sum.tried += wanted;
  }
  return sum;
}
