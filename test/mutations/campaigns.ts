/**
 * campaigns: the mutations that the random campaigns of `npm test` find too, by the names of the mutations.
 *
 * They show that the campaigns bite: nobody has told them what to look for.
 */
export const FOUND_BY_CAMPAIGNS: ReadonlySet<string> = new Set([
  'what destroys comes before what creates',
  'a transition is not journalled',
  'a program does not finish what an earlier run has left',
  'the POST goes out before its row is written',
  'a live holder is replaced',
]);

export const FEW_CAMPAIGNS = 'campaigns/few';
