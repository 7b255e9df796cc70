/** dumps: mutations of what is lost and what is dark, and of which answers are refused. */
import type { Mutation } from './mutation.js';

const COMPARED = 'dumps/compareDumps';

export const DUMPS: readonly Mutation[] = [
  {
    name: 'a file that was registered while the dump was made is lost',
    file: 'dumps/verdict.js',
    from: 'if (after !== before)',
    to: 'if (false)',
    red: COMPARED,
    test: 'what has changed between the two is neither lost nor dark',
  },
  {
    name: 'what FTS carries is dark, or lost',
    file: 'dumps/verdict.js',
    from: 'if ((sides & CARRIED) !== 0)',
    to: 'if (false)',
    red: 'dumps/campaign',
    test: 'what FTS carries is neither lost nor dark',
  },
  {
    name: 'what arrived after the dump is lost',
    file: 'dumps/campaignRecords.js',
    from: 'since > this.dumpedAt',
    to: 'false',
    red: 'dumps/campaign',
    test: 'what came to DONE/Okay after the dump',
  },
  {
    name: 'two paths with one hash are one',
    file: 'dumps/partition.js',
    from: 'if (words[one + at] !== words[other + at])',
    to: 'if (false)',
    red: 'dumps/records',
    test: 'two paths with one hash are two paths',
  },
  {
    name: 'the directories of another thread are taken for our own',
    file: 'dumps/partition.js',
    from: 'if (numbers !== null)',
    to: 'if (false)',
    red: 'dumps/records',
    test: 'paths of two threads come together',
  },
  {
    name: 'an input that was cut off is believed',
    file: 'dumps/inputs.js',
    from: "this.cutOff ??= 'its last line has no end';",
    to: ';',
    red: COMPARED,
    test: 'when an input was cut off',
  },
  {
    name: 'what is dark is told by a catalogue that is older than the dump',
    file: 'dumps/refusals.js',
    from: 'dumped.latest > after.earliest',
    to: 'false',
    red: COMPARED,
    test: 'of what is dark, when the dump is newer than the catalogue',
  },
  {
    name: 'a storage element that is not in the catalogue makes its files dark',
    file: 'dumps/refusals.js',
    from: 'if (absent.length > 0)',
    to: 'if (false)',
    red: COMPARED,
    test: 'when a storage element of the base is not in the catalogue',
  },
  {
    name: 'the answers get their name before they are whole',
    file: 'dumps/outDirectory.js',
    from: 'this.draft = path.join(this.parent, `.${path.basename(this.target)}.draft`);',
    to: 'this.draft = this.target;',
    red: COMPARED,
    test: 'is whole or not there, wherever the run is killed',
  },
];
