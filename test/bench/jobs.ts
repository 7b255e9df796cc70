/**
 * jobs: the jobs of the stand-in server, as FTS 3.13 writes them.
 *
 * A job's id holds the number of its list, so that the server can tell of a hundred thousand jobs without having been
 * told of them; the transfers follow from the number.
 */
import { DESTINATION, LFNS_PER_LIST, SOURCE } from './storages.js';
import { lfn } from './lfns.js';

/** The id of the job of that list. */
export const jobIdOf = (number: number): string => `00000000-0000-5000-8000-${number.toString(16).padStart(12, '0')}`;

const numberOf = (jobId: string): number => Number.parseInt(jobId.slice(-12), 16);

/** An entry of `GET /jobs/…`, with the fields that the real server sends. */
export function jobEntry(jobId: string, state: string, files: { readonly seed: number } | null): object {
  const isFinal = state === 'FINISHED';
  return {
    source_spacetoken: null,
    job_state: state,
    reason: '',
    copy_pin_lifetime: -1,
    os_project_id: null,
    job_type: 'N',
    submit_time: '2018-04-12T10:11:12',
    bring_online: -1,
    destination_spacetoken: null,
    cancel_job: false,
    priority: 3,
    archive_timeout: -1,
    verify_checksum: 'b',
    submit_host: 'localhost',
    max_time_in_queue: null,
    target_qos: null,
    user_dn: '/DC=org/DC=example/OU=users/CN=Bench',
    internal_job_params: null,
    job_id: jobId,
    cred_id: '89f8cff05dd6b375',
    dst_file_report: false,
    job_metadata: { campaign: '00000000-0000-4000-8000-000000000000', list: 'FTSList', attempt: 1 },
    source_se: 'srm://srm-lhcb.gridpp.rl.ac.uk',
    vo_name: 'lhcb',
    overwrite_flag: 'Y',
    retry: 0,
    dest_se: 'gsiftp://gridftp.echo.stfc.ac.uk',
    job_finished: isFinal ? '2018-04-12T11:11:12' : null,
    retry_delay: 0,
    ...(files === null ? {} : { files: filesOf(files.seed, numberOf(jobId), state) }),
    http_status: '200 Ok',
  };
}

function filesOf(seed: number, number: number, state: string): object[] {
  return Array.from({ length: LFNS_PER_LIST }, (_, index) => {
    const name = lfn(seed, number * LFNS_PER_LIST + index);
    return {
      file_id: 8_872_390_256 + number * LFNS_PER_LIST + index,
      file_index: index,
      file_state: state,
      source_surl: SOURCE + name,
      dest_surl: DESTINATION + name,
      reason: '',
      filesize: 5_368_709_120,
      recoverable: null,
      finish_time: '2018-04-12T11:11:12',
    };
  });
}
