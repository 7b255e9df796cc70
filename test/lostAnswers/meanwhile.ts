/** meanwhile: what changes between the run that lost its answers and the next one, and how it changes back. */
import { choice, type Campaign, type Settings } from '../support/campaign.js';
import type { Meanwhile } from './cases.js';
import { endJob } from '../support/served.js';
import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';

interface Change {
  readonly begin: () => void | Promise<void>;
  readonly end: () => void | Promise<void>;
}

interface Parties {
  readonly campaign: Campaign;
  readonly ral: RehearsalServer;
  readonly cern: RehearsalServer;
}

const nothing = (): void => {};
const THREE_DAYS_MS = 3 * 86_400_000;

/** Of the same sid every VO makes another id. */
const OTHER_ID = "'other-' || job_id";
const OWN_ID = 'substr(job_id, 7)';

export function changes({ campaign, ral, cern }: Parties, settings: Settings): Readonly<Record<Meanwhile, Change>> {
  const storage = /^\w+:\/\/[^:/]+/.exec(campaign.source)?.[0] ?? '';
  return {
    nothing: { begin: nothing, end: nothing },
    'the job was archived': {
      begin: () => {
        for (const { jobId, transfers } of campaign.jobs(ral))
          if (transfers.some(({ settledAt }) => settledAt === null)) endJob(ral, jobId);
        ral.archive();
      },
      end: nothing,
    },
    'the storage was banned': { begin: () => ral.ban(storage), end: () => ral.unban(storage) },
    'the server left the settings': { begin: () => campaign.settings([choice(cern)], settings), end: nothing },
    'the credential was of another VO': {
      begin: () => campaign.leave(`UPDATE job SET vo = 'atlas', job_id = ${OTHER_ID} WHERE submitted_at IS NULL`),
      end: () => campaign.leave(`UPDATE job SET vo = 'lhcb', job_id = ${OWN_ID} WHERE vo = 'atlas'`),
    },
    'the server was down for days': {
      begin: async () => {
        campaign.leave('UPDATE job SET submitting_at = submitting_at - ?', THREE_DAYS_MS);
        campaign.settings([choice(ral), choice(cern)], settings);
        await ral.down();
      },
      end: () => ral.up(),
    },
    'the server came back empty': { begin: () => ral.forget(), end: nothing },
  };
}
