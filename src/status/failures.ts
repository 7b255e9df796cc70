/** failures: the failures that the job table has counted, each with what a person needs to go on. */
import type { FailureRow } from '../ftsJob.js';
import { monitoringLink } from '../fts3/index.js';
import { cureFor } from '../rules/reasons.js';
import { lfnOfSource } from '../settings/route.js';
import type { Settings } from '../settings/settings.js';
import { clip } from '../text/words.js';
import type { FailureGroup } from './report.js';

/** The most frequent first, as they come. */
export const failureGroups = (settings: Settings, rows: readonly FailureRow[]): FailureGroup[] =>
  rows.map((row) => groupOf(settings, row));

function groupOf(settings: Settings, row: FailureRow): FailureGroup {
  const { endpoint, jobId } = row;
  const configured = settings.fts.server.find((server) => server.endpoint === endpoint)?.name;
  // A rehearsal server has no monitoring pages, and gfal-stat no server.
  const link = monitoringLink(endpoint, jobId);
  return {
    class: row.class,
    meaning: row.meaning,
    count: row.count,
    firstSeen: new Date(row.firstSeen).toISOString(),
    lastSeen: new Date(row.lastSeen).toISOString(),
    lfn: lfnOfSource(row.source, settings.route),
    reason: clip(row.reason),
    list: row.list,
    server: configured ?? (URL.canParse(endpoint) ? new URL(endpoint).hostname : endpoint),
    jobId,
    link,
    cure: cureFor(row.class),
  };
}
