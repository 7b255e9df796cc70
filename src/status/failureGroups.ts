/**
 * failureGroups: the failures of a campaign, as the job table has counted them, with what a person needs to go on.
 */
import { gist } from '../text/maskReason.js';
import { cureFor } from '../rules/reasons.js';
import { lfnOfSource } from '../settings/route.js';
import type { FailureGroup } from './report.js';
import type { FailureRow } from '../ftsJob.js';
import { failures } from '../database/outcomeRows.js';
import { monitoringLink } from '../fts3/index.js';
import type { Run } from '../run/program.js';

/** The most frequent first. */
export const failureGroups = (run: Run): FailureGroup[] => failures(run.books.db).map((row) => groupOf(run, row));

function groupOf({ settings }: Run, row: FailureRow): FailureGroup {
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
    reason: gist(row.reason),
    list: row.list,
    server: configured ?? (URL.canParse(endpoint) ? new URL(endpoint).hostname : endpoint),
    jobId,
    link,
    cure: cureFor(row.class),
  };
}
