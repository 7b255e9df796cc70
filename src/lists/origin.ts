/**
 * origin: the comments at the head of a list that say where it comes from.
 *
 *     # castor2echo 1 CAMPAIGN-UUID
 *     # from TODO/ListOfLFNs/input.list bytes 1600-3199
 *     # split from FTSList-20180412-101112-0001.txt, failures 2
 *     # route tape
 *     # found by gfal-sum | 2018-04-12T10:11:12Z
 *
 * With them everything that the database knows can be rebuilt from the lists alone. A list without them is as good:
 * every part is optional, and what is not understood is a comment like any other.
 */
import { escapeName, unescapeName } from '../text/escape.js';

export interface Origin {
  /** The campaign's UUID. */
  readonly campaign?: string;
  /** The LFN list it was cut from, and the bytes of it, first and last included. */
  readonly from?: { readonly lfnList: string; readonly firstByte: number; readonly lastByte: number };
  /** The name of the list that this one is the rest of. */
  readonly splitFrom?: string;
  /** How many jobs of its lineage came back FAILED or FINISHEDDIRTY. */
  readonly failures?: number;
  /** The name of the route that it was cut by, whose settings it keeps. */
  readonly route?: string;
  /** What stands at its destinations was looked at, and is to be written over. */
  readonly overwrite?: true;
  /** Its transfers were found at their destinations, and no job of ours says so; `at`: UTC, ISO 8601. */
  readonly found?: { readonly by: string; readonly at: string };
}

/** The header lines for this origin, each beginning with `#`. */
export function formatOrigin(origin: Origin): string[] {
  const { campaign, from, route, splitFrom, failures, overwrite, found } = origin;
  const lines = [campaign === undefined ? '# castor2echo 1' : `# castor2echo 1 ${escapeName(campaign)}`];
  if (from) lines.push(`# from ${escapeName(from.lfnList)} bytes ${from.firstByte}-${from.lastByte}`);
  if (route !== undefined) lines.push(`# route ${escapeName(route)}`);
  if (splitFrom !== undefined) {
    lines.push(`# split from ${escapeName(splitFrom)}${failures === undefined ? '' : `, failures ${failures}`}`);
  } else if (failures !== undefined) {
    lines.push(`# failures ${failures}`);
  }
  if (overwrite === true) lines.push('# overwrite');
  if (found) lines.push(`# found by ${escapeName(found.by)} | ${found.at}`);
  return lines;
}

/**
 * Reads the comments before a list's first transfer. The numbers and keywords are looked for from the right, as a
 * name may hold blanks; of two lines of one kind the first counts.
 */
export function parseOrigin(comments: readonly string[]): Origin {
  return Object.assign({}, ...comments.map(readLine).reverse()) as Origin;
}

function readLine(comment: string): Origin {
  const campaign = /^# castor2echo 1 (\S+)$/.exec(comment)?.[1];
  if (campaign !== undefined) return { campaign: unescapeName(campaign) };

  const from = /^# from (.+) bytes (\d{1,15})-(\d{1,15})$/.exec(comment);
  if (from?.[1] !== undefined) {
    return { from: { lfnList: unescapeName(from[1]), firstByte: Number(from[2]), lastByte: Number(from[3]) } };
  }

  const split = /^# split from (.+?)(?:, failures (\d{1,15}))?$/.exec(comment);
  if (split?.[1] !== undefined) {
    const splitFrom = unescapeName(split[1]);
    return split[2] === undefined ? { splitFrom } : { splitFrom, failures: Number(split[2]) };
  }

  const route = /^# route (\S+)$/.exec(comment)?.[1];
  if (route !== undefined) return { route: unescapeName(route) };

  if (comment === '# overwrite') return { overwrite: true };

  const found = /^# found by (.+) \| (\d{4}-\d\d-\d\dT[\d:]{8}Z)$/.exec(comment);
  if (found?.[1] !== undefined && found[2] !== undefined)
    return { found: { by: unescapeName(found[1]), at: found[2] } };

  const failures = /^# failures (\d{1,15})$/.exec(comment)?.[1];
  return failures === undefined ? {} : { failures: Number(failures) };
}
