/**
 * knownServer: refuses a server of which the campaign has never heard. A typing error would choose nothing, and look as
 * if nothing were left there.
 */
import { isServerOfJob } from '../database/jobRows.js';
import { UsageError } from '../errors.js';
import type { Run } from '../run/program.js';

/** Errors: `UsageError` when neither the settings nor a job of this campaign, open or not, name it. */
export function refuseUnknown({ db, settings }: Pick<Run, 'db' | 'settings'>, option: string, server: string): void {
  const { server: known } = settings.fts;
  if (known.some(({ name, endpoint }) => name === server || endpoint === server) || isServerOfJob(db, server)) return;
  const names = known.map(({ name }) => name).join(', ');
  throw new UsageError(
    `${option} ${server}: no job of this campaign was there, and the settings have only ${names}; nothing was done: name a server as status.js shows it`,
  );
}
