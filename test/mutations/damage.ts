/** damage: mutations of what happens when a run meets a damaged page, and of giving up or cancelling jobs. */
import type { Mutation } from './mutation.js';

const MID_RUN = 'hostile/databaseMidRun';

export const DAMAGE: readonly Mutation[] = [
  {
    name: 'a damaged page that a run meets is a bug',
    file: 'database/check.js',
    from: 'if (!isDamage)',
    to: 'if (true)',
    red: MID_RUN,
    test: 'the producer cuts nothing',
  },
  {
    name: 'damage that a run has met does not keep the next one from the rest',
    file: 'run/frame.js',
    from: '(0, note_js_1.forgetChecked)(base);',
    to: ';',
    red: MID_RUN,
    test: 'the monitor moves no list',
  },
  {
    name: 'a repair does not look whether indexes fit their tables',
    file: 'repair/health.js',
    from: "if (broken !== 'ok')",
    to: 'if (false)',
    red: MID_RUN,
    test: 'an index that does not fit its table',
  },
  {
    name: 'a repair takes a sound database of an earlier version for damaged',
    file: 'repair/health.js',
    from: 'refused_token: 4,',
    to: '',
    red: 'repair/health',
    test: 'is whole without the tables that came later',
  },
  {
    name: 'a list is settled for its new server while its transfers may still go on',
    file: 'operator/doingLists.js',
    from: 'files.every(states_js_1.isOver)',
    to: 'true',
    red: 'misc/moveServer',
    test: 'that its worker has not stopped yet',
  },
  {
    name: 'a list whose job is abandoned is sent again while the job may still be copying',
    file: 'operator/moving.js',
    from: 'done.mayStillRun &&',
    to: 'false &&',
    red: 'misc/moveServer',
    test: 'a silent server keeps its lists',
  },
];
