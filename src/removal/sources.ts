/**
 * sources: what must be true before the old copy of a file is deleted, in this order.
 *
 *     the manifest is whole, and says that the file has verifiably arrived       manifest
 *     no list in TODO, DOING or DONE/Bad copies from it, no LFN list will be cut from it, and none goes to it   campaignFiles, here
 *     the old copy is as large as it was
 *     each copy is there, with its size and checksum, when asked now             storages/proof.ts
 *     when the first one was deleted, its copy is still there
 *
 * The last one is for two names of one storage, by which the old copy and the new one would be one file. A dump does
 * not come into it: each row is proved by itself, at that moment, so neither its age nor a part of it matters.
 */
import { UsageError } from '../errors.js';
import { pathOf } from '../dumps/bases.js';
import { campaignLists } from '../dumps/campaignRecords.js';
import { parseList } from '../lists/list.js';
import { storageFile } from '../lists/storageFile.js';
import type { Transfer } from '../lists/transfer.js';
import type { Run, RunAlone } from '../run/program.js';
import type { GfalOptions } from '../storages/gfal.js';
import { prove } from '../storages/proof.js';
import { count } from '../text/terminal.js';
import { named } from '../text/words.js';
import { Below } from './below.js';
import { namedFiles } from './campaignFiles.js';
import { carryOut } from './carryOut.js';
import type { DarkOptions } from './dark.js';
import { RemovalLedger } from './ledger.js';
import { readArrivals, type Arrivals } from './manifest.js';
import { Refused } from './refused.js';
import { standingOf, type FileStanding } from './standing.js';

export async function removeSources(
  run: RunAlone,
  campaign: Run | null,
  manifest: string,
  options: DarkOptions,
): Promise<void> {
  const { catalogue, dumpedAt, force, evenOkay } = options;
  if (campaign === null) throw new UsageError('--sources needs the campaign, which says what is still to be copied');
  if (catalogue !== undefined || dumpedAt !== undefined || force !== undefined || evenOkay !== undefined)
    throw new UsageError('--catalogue, --dumped-at, --force and --even-okay are for a dark list, not for --sources');
  const below = new Below(options.under);
  const arrivals = await readArrivals(manifest, below, options.limit);
  const leftOut = await whatStays(campaign, arrivals, below);
  const gfal: GfalOptions = { timeoutSeconds: options.timeout, env: run.env };
  const copiesOf = (url: string): readonly Transfer[] => arrivals.bySource.get(url) ?? [];
  const { unverified, elsewhere } = arrivals;
  if (arrivals.bySource.size === 0)
    run.summary.needsAttention(
      `Nothing that is verified lies below ${below.url}: ${count(unverified)} rows are not verified, ${count(elsewhere.rows)} lie elsewhere${elsewhere.example === null ? '' : `, such as ${elsewhere.example}`}`,
    );
  const remarks = [
    ...(unverified === 0 ? [] : [`${count(unverified)} rows are not verified.`]),
    ...(elsewhere.rows === 0 ? [] : [`${count(elsewhere.rows)} rows lie elsewhere, such as ${elsewhere.example}.`]),
  ];
  await carryOut(
    run,
    campaign,
    {
      list: manifest,
      ledger: new RemovalLedger(manifest, Buffer.from(arrivals.sha256)),
      urls: [...arrivals.bySource.keys()],
      leftOut,
      look: (url) => sourceStanding(url, copiesOf(url), gfal),
      afterFirst: async (url) => {
        const why = await whyNotProved(copiesOf(url), gfal);
        return why === null ? null : `when ${url} was deleted, ${why}: both may be one storage`;
      },
      remarks,
    },
    options,
  );
}

async function whatStays(campaign: Run, { bySource }: Arrivals, below: Below): Promise<Map<string, string>> {
  const files = [...bySource.keys()].map((url) => ({ url, path: pathOf(url), tail: url.slice(below.url.length) }));
  const leftOut = new Map<string, string>();
  const { carried, bad, unreadable } = await namedFiles(campaign, files, 'source');
  if (unreadable.length > 0)
    throw new Refused(
      `lists or LFN lists of the campaign cannot be read, and may copy from these files: ${named(unreadable, 5)}; mend them`,
    );
  for (const [url, where] of [...bad, ...carried]) leftOut.set(url, `a list still copies from it (${where})`);
  const byFile = new Map(files.map(({ url }) => [storageFile(url), url]));
  const destinations = (function* (): Generator<string> {
    for (const transfers of bySource.values()) for (const { destination } of transfers) yield destination;
    for (const { read } of campaignLists(campaign))
      if ('bytes' in read) {
        const { transfers, duplicates } = parseList(read.bytes);
        for (const { destination } of [...transfers, ...duplicates]) yield destination;
      }
  })();
  for (const destination of destinations) {
    const url = byFile.get(storageFile(destination));
    if (url !== undefined) leftOut.set(url, 'it is the destination of a transfer');
  }
  return leftOut;
}

async function sourceStanding(url: string, copies: readonly Transfer[], gfal: GfalOptions): Promise<FileStanding> {
  const standing = await standingOf({ url, size: copies[0]?.size ?? null }, null, gfal);
  if (standing.kind !== 'removable') return standing;
  const why = await whyNotProved(copies, gfal, standing.size);
  return why === null ? standing : { kind: 'left', why };
}

/** Null: each copy is what the manifest says. `size`: of the old copy, where it is known. */
async function whyNotProved(
  copies: readonly Transfer[],
  gfal: GfalOptions,
  size: number | null = null,
): Promise<string | null> {
  if (copies.length === 0) return 'there is no copy of it';
  for (const copy of copies) {
    const proof = await prove(copy, gfal);
    if (proof.kind === 'missing') return `its copy is missing (${proof.reason})`;
    if (proof.kind === 'unknown') return `nobody can tell whether its copy is right (${proof.reason})`;
    if (proof.kind === 'different') return 'its copy is different';
    if (proof.found.size === null || (size !== null && proof.found.size !== size))
      return 'its copy has another size, or none is known';
  }
  return null;
}
