/**
 * disk: a disk that is full or broken at one call, or from one call on, in the middle of a run.
 *
 * Here only the calls that differ in kind; `npm run prove` lets each call of each kind of run fail.
 */
import { after, describe, test } from 'node:test';

import { stopAll } from './scene.js';
import { dirty, fresh, submitted } from './scenarios.js';
import { Trial } from './trial.js';

after(stopAll);

describe('a disk that refuses a call ends the run with its message, and the next run ends with the same lists', () => {
  test('full under a draft, at its sync, at a move and at the last commit of a split', async () => {
    const trial = await Trial.prepare(dirty, { remember: true });
    await trial.fail(trial.callLike(/^writeFileSync BASE\/DONE\/Bad/), 'ENOSPC', 'at');
    await trial.fail(trial.callLike(/^fsyncSync BASE\/TODO\/\./), 'EIO', 'at');
    await trial.fail(trial.callLike(/^renameSync BASE\/DOING/), 'EIO', 'at');
    await trial.fail(trial.calls.lastIndexOf('commit COMMIT') + 1, 'ENOSPC', 'from');
  });

  test('full at the commits before and after a POST', async () => {
    const trial = await Trial.prepare(submitted, { remember: true });
    const first = trial.callLike(/^commit COMMIT/);
    await trial.fail(first, 'ENOSPC', 'from');
    const second = trial.calls.indexOf('commit COMMIT', first) + 1;
    await trial.fail(second, 'ENOSPC', 'at');
    await trial.fail(second, 'EIO', 'from');
    await trial.fail(second, 'EROFS', 'at');
  });

  test('full when a campaign begins', async () => {
    const trial = await Trial.prepare(fresh, { remember: true });
    await trial.fail(trial.callLike(/^mkdirSync BASE\/DOING/), 'ENOSPC', 'from');
    await trial.fail(trial.callLike(/^commit COMMIT/), 'ENOSPC', 'at');
    await trial.fail(trial.callLike(/^writeFileSync BASE\/\.campaign/), 'EIO', 'at');
  });

  test('a log that cannot be written fails nothing', async () => {
    const trial = await Trial.prepare(submitted, { remember: true });
    await trial.fail(trial.callLike(/^openSync BASE\/castor2echo\.log/), 'ENOSPC', 'at');
    await trial.fail(trial.callLike(/^writeSync BASE\/castor2echo\.log/), 'EIO', 'at');
  });
});
