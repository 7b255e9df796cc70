/** removal: mutations of what is deleted. */
import type { Mutation } from './mutation.js';

const GUARDS = 'removal/guards';
const DELETING = 'removal/deleting';

export const REMOVAL: readonly Mutation[] = [
  {
    name: 'what FTS carries to an alias of the storage is deleted',
    file: 'removal/dark.js',
    from: 'for (const [url, where] of carried)',
    to: 'for (const [url, where] of [])',
    red: GUARDS,
    test: 'has nothing deleted that a list in',
  },
  {
    name: 'a path that a storage may read otherwise is deleted',
    file: 'removal/darkList.js',
    from: 'if (why !== null)',
    to: 'if (false)',
    red: GUARDS,
    test: 'has nothing deleted',
  },
  {
    name: 'what the catalogue has by now is deleted',
    file: 'removal/dark.js',
    from: 'if (!still.has(path))',
    to: 'if (false)',
    red: GUARDS,
    test: 'has nothing deleted that it has now',
  },
  {
    name: 'a catalogue that does not tell what is dark is believed',
    file: 'removal/catalogue.js',
    from: 'if (reasons.length > 0)',
    to: 'if (false)',
    red: GUARDS,
    test: 'that is older than the dump has nothing deleted',
  },
  {
    name: 'a file that was written since the dump is deleted',
    file: 'removal/standing.js',
    from: 'modified > dumpedAt',
    to: 'false',
    red: GUARDS,
    test: 'has nothing deleted that was written after the dump was begun',
  },
  {
    name: 'a file of another size than in the dump is deleted',
    file: 'removal/standing.js',
    from: 'if (size !== null && stat.size !== size)',
    to: 'if (false)',
    red: GUARDS,
    test: 'has nothing deleted that has another size',
  },
  {
    name: 'an old copy is deleted whose new one nobody asks for',
    file: 'removal/sources.js',
    from: 'if (copies.length === 0)',
    to: 'if (true)\n        return null;\n    if (copies.length === 0)',
    red: 'removal/sources',
    test: 'an old copy stays whose new one is missing',
  },
  {
    name: 'an old copy is deleted that a list still copies from',
    file: 'removal/sources.js',
    from: 'for (const [url, where] of [...bad, ...carried])',
    to: 'for (const [url, where] of [])',
    red: 'removal/sources',
    test: 'an old copy stays that a list in',
  },
  {
    name: 'old and new copies that are one file are deleted on and on',
    file: 'removal/batches.js',
    from: 'if (this.reached.deleted > 0)',
    to: 'if (false)',
    red: 'removal/sources',
    test: 'no more than one file is lost',
  },
  {
    name: 'any number is right for --expect',
    file: 'removal/carryOut.js',
    from: 'options.expect !== files',
    to: 'false',
    red: GUARDS,
    test: 'says --yes only with the number',
  },
  {
    name: 'a killed gfal-rm has deleted nothing',
    file: 'storages/remove.js',
    from: 'ended.exit === null ? lookAgain(urls, ended, options) : readRemovals(urls, ended)',
    to: 'readRemovals(urls, ended)',
    red: DELETING,
    test: 'whose gfal-rm hangs are looked at again',
  },
  {
    name: 'a storage that does not allow it is asked on and on',
    file: 'removal/batches.js',
    from: 'if (removed.isForbidden)',
    to: 'if (false)',
    red: DELETING,
    test: 'end at the first refusal for want of a permission',
  },
];
