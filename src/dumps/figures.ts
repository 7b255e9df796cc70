/**
 * figures: how many files and bytes, of which storage element and below which base.
 */
export interface FileCount {
  files: number;
  bytes: number;
}

export interface ElementFigures {
  readonly catalogued: FileCount;
  readonly there: FileCount;
  readonly lost: FileCount;
  /** There, with another checksum or size. */
  readonly different: FileCount;
  /** FTS has it, or will: neither lost nor there for sure. */
  readonly carried: FileCount;
  /** In the later catalogue alone, and in the earlier one alone: nothing follows. */
  readonly new: FileCount;
  readonly gone: FileCount;
}

export interface BaseFigures {
  readonly dumped: FileCount;
  readonly dark: FileCount;
}

/** What became of the campaign's own transfers. */
export interface CampaignFigures {
  readonly okay: FileCount;
  /** In DONE/Okay and not in the dump. */
  readonly missing: FileCount;
  /** In DONE/Okay and in the dump, with another checksum or size. */
  readonly different: FileCount;
  /** In DONE/Okay and in the dump, and the catalogue does not have it. */
  readonly unregistered: FileCount;
  /** In DONE/Bad, and there all the same, as it should be. */
  readonly adoptable: FileCount;
  /** In DONE/Bad, and something else is there, or nobody knows. */
  readonly uncertain: FileCount;
  readonly carried: FileCount;
}

const noFiles = (): FileCount => ({ files: 0, bytes: 0 });

export const elementFigures = (): ElementFigures => ({
  catalogued: noFiles(),
  there: noFiles(),
  lost: noFiles(),
  different: noFiles(),
  carried: noFiles(),
  new: noFiles(),
  gone: noFiles(),
});

export const baseFigures = (): BaseFigures => ({ dumped: noFiles(), dark: noFiles() });

export const campaignFigures = (): CampaignFigures => ({
  okay: noFiles(),
  missing: noFiles(),
  different: noFiles(),
  unregistered: noFiles(),
  adoptable: noFiles(),
  uncertain: noFiles(),
  carried: noFiles(),
});

/** `size`: negative when it is not known. */
export function addFile(into: FileCount, size: number): void {
  into.files += 1;
  if (size > 0) into.bytes += size;
}

export function sumOf(counts: readonly FileCount[]): FileCount {
  const sum = noFiles();
  for (const { files, bytes } of counts) {
    sum.files += files;
    sum.bytes += bytes;
  }
  return sum;
}
