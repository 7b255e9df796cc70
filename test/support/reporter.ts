/** reporter: a dot for each test, the failures in full, and how many there were of both. */
import { dot } from 'node:test/reporters';
import type { TestEvent } from 'node:test/reporters';

export default async function* report(source: AsyncGenerator<TestEvent, void>): AsyncGenerator<string, void> {
  let [passed, failed] = [0, 0];
  async function* counted(): AsyncGenerator<TestEvent, void> {
    for await (const event of source) {
      if (event.type === 'test:pass') passed += 1;
      if (event.type === 'test:fail') failed += 1;
      yield event;
    }
  }
  yield* dot(counted());
  yield `\n${passed} passed, ${failed} failed\n`;
}
