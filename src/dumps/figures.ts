/**
 * figures: how many files and bytes, of which storage element and below which base.
 */
export interface Tally {
  files: number;
  bytes: number;
}

export interface ElementFigures {
  readonly catalogued: Tally;
  readonly there: Tally;
  readonly lost: Tally;
  /** There, with another checksum or size. */
  readonly different: Tally;
  /** FTS has it, or will: neither lost nor there for sure. */
  readonly carried: Tally;
  /** In the later catalogue alone, and in the earlier one alone: nothing follows. */
  readonly new: Tally;
  readonly gone: Tally;
}

export interface BaseFigures {
  readonly dumped: Tally;
  readonly dark: Tally;
}

/** Of the campaign's own transfers. */
export interface CampaignFigures {
  readonly okay: Tally;
  /** In DONE/Okay and not in the dump. */
  readonly missing: Tally;
  /** In DONE/Okay and in the dump, with another checksum or size. */
  readonly different: Tally;
  /** In DONE/Okay and in the dump, and the catalogue does not have it. */
  readonly unregistered: Tally;
  /** In DONE/Bad, and there all the same, as it should be. */
  readonly adoptable: Tally;
  /** In DONE/Bad, and something else is there, or nobody knows. */
  readonly uncertain: Tally;
  readonly carried: Tally;
}

const tally = (): Tally => ({ files: 0, bytes: 0 });

export const elementFigures = (): ElementFigures => ({
  catalogued: tally(),
  there: tally(),
  lost: tally(),
  different: tally(),
  carried: tally(),
  new: tally(),
  gone: tally(),
});

export const baseFigures = (): BaseFigures => ({ dumped: tally(), dark: tally() });

export const campaignFigures = (): CampaignFigures => ({
  okay: tally(),
  missing: tally(),
  different: tally(),
  unregistered: tally(),
  adoptable: tally(),
  uncertain: tally(),
  carried: tally(),
});

/** `size`: negative when it is not known. */
export function addFile(into: Tally, size: number): void {
  into.files += 1;
  if (size > 0) into.bytes += size;
}

export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = tally();
  for (const { files, bytes } of tallies) {
    sum.files += files;
    sum.bytes += bytes;
  }
  return sum;
}
