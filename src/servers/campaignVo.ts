/**
 * campaignVo: under which VO a campaign submits to a server.
 *
 * When the VOMS attributes of a proxy end before the proxy does, a server takes us for another VO, and our lists would
 * become jobs of strangers: their shares, their storage rights, and ids under which nobody looks for them later. So the
 * VO of the first submission to a server stays the campaign's there, until `fts.vo` says otherwise.
 */
import type { Db } from '../ftsJob.js';
import { serverVos } from '../database/campaignRows.js';
import type { Settings } from '../settings/settings.js';
import type { Servers, Session } from './servers.js';

/** What is wrong with submitting as `vo`, and its cure; null: nothing is. `db` is null where there is no database yet. */
export function whyOtherVo(
  settings: Settings,
  db: Db | null,
  endpoint: string,
  vo: string,
): { readonly why: string; readonly cure: string } | null {
  const ordered = settings.fts.vo;
  const ours = ordered ?? (db === null ? [] : serverVos(db)).find((known) => known.endpoint === endpoint)?.vo ?? vo;
  if (ours === vo) return null;
  const whose = ordered === undefined ? `the campaign has submitted there as VO "${ours}"` : `fts.vo is "${ours}"`;
  return {
    why: `it takes us for VO "${vo}", but ${whose}`,
    cure: `use a credential of VO "${ours}" (voms-proxy-init -voms ${ours}), or set fts.vo = "${vo}" if the campaign is to go on as that`,
  };
}

/** May this campaign submit there? If not, the server is left out of the run, and a person is told. */
export function isOfOurVo(settings: Settings, db: Db, servers: Servers, { endpoint, vo }: Session): boolean {
  const wrong = whyOtherVo(settings, db, endpoint, vo);
  if (wrong !== null) servers.leaveOut(endpoint, `${wrong.why}: nothing is submitted there; ${wrong.cure}`, 'person');
  return wrong === null;
}
