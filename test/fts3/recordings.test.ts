/**
 * What the client makes of every recorded answer of a real FTS3 3.13 that it can meet.
 *
 * Each recording is served as the answer to the request that it was the answer to, and the outcome is written as one
 * line of text: for jobs their states (or missing, forbidden) in the order asked, for errors class and status.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  type FileStatus,
  type Job,
  Conflict,
  type Fts3,
  FtsError,
  jobIdFor,
  type JobDescription,
  type Lookup,
  type UnfinishedFile,
} from '../../dist/fts3/index.js';
import { clientOf, listen } from './loopback.js';
import { type Recording, recording } from './recordings.js';

/** Recording → outcome. `+` after a refusal: FTS itself answered it. */
const OUTCOMES: Readonly<Record<string, string>> = {
  root: '3.13.4',

  not_found_path: 'NotFound 404 +',

  whoami: 'lhcb 89f8cff05dd6b375 /DC=org/DC=example/OU=users/CN=Rea Lfts',
  whoami_database_down: 'ServerError 500',
  whoami_no_certificate: 'Unauthorized 200 +',
  whoami_no_voms_proxy: '874b2e731df99cbb 874b2e731df99cbb /DC=org/DC=example/OU=users/CN=Rea Lfts',
  whoami_prod_two_fqans: 'lhcb eeed88fc3592bee2 /DC=org/DC=example/OU=users/CN=Rea Lfts',
  whoami_tls13_resumed_session:
    'ae6b3fe0d93a9e80 ae6b3fe0d93a9e80 /DC=org/DC=example/OU=users/CN=Rea Lfts/CN=2067760406',

  job_ACTIVE: 'ACTIVE',
  job_ACTIVE_with_files: 'ACTIVE(ACTIVE ACTIVE ACTIVE)',
  job_ARCHIVING: 'ARCHIVING(ARCHIVING)',
  job_ARCHIVING_done: 'FINISHED(FINISHED)',
  job_CANCELED: 'CANCELED(CANCELED CANCELED)',
  job_CANCELED_later: 'CANCELED(CANCELED CANCELED)',
  job_FAILED: 'FAILED',
  job_FAILED_after_retries: 'FAILED(FAILED)',
  job_FAILED_with_files: 'FAILED(FAILED FAILED)',
  job_FINISHED: 'FINISHED',
  job_FINISHEDDIRTY: 'FINISHEDDIRTY',
  job_FINISHEDDIRTY_with_files: 'FINISHEDDIRTY(FINISHED FAILED FAILED)',
  job_FINISHED_with_files: 'FINISHED(FINISHED FINISHED)',
  job_ON_HOLD: 'SUBMITTED(ON_HOLD)',
  job_STAGING: 'STAGING(STAGING STAGING)',
  job_STAGING_done: 'FINISHED(FINISHED FINISHED)',
  job_STAGING_files_STARTED: 'STAGING(STARTED STARTED)',
  job_SUBMITTED: 'SUBMITTED(SUBMITTED)',
  job_after_database_restart_0: 'FINISHED',
  job_after_database_restart_1: 'FINISHED',
  job_after_database_restart_2: 'FINISHED',
  job_database_down: 'ServerError 500',
  job_finished_plus_canceled_file: 'CANCELED(FINISHED CANCELED)',
  job_multihop_submitted: 'SUBMITTED(SUBMITTED NOT_USED)',
  job_multiple_sources_done: 'FINISHED(FAILED FINISHED)',
  job_no_certificate: 'ServerError 500',
  job_not_a_uuid_404: 'missing',
  job_of_other_vo_403: 'forbidden',
  job_of_same_vo_other_user: 'ACTIVE',
  job_staging_failed: 'FAILED(FAILED)',
  job_unknown_404: 'missing',

  jobs_260_ids_url_too_long: 'ServerError 414',
  jobs_all_unknown_207: 'missing missing',
  jobs_of_other_vo_207: 'forbidden forbidden',
  jobs_one_unknown_207: 'ACTIVE missing',
  jobs_one_unknown_207_with_files: 'missing odd',
  jobs_too_many_ids_404_from_httpd: 'ServerError 404',
  jobs_two_known: 'ACTIVE SUBMITTED',
  jobs_two_known_with_files: 'ACTIVE(ACTIVE ACTIVE ACTIVE) SUBMITTED(SUBMITTED)',

  tape_stage_ok_STARTED: 'STAGING(STARTED)',
  tape_archive_ok_ARCHIVING: 'ARCHIVING(ARCHIVING)',
  exists_root_archive_report_other_content_done: 'FAILED(FAILED)',

  files_dest_surl_running: '518e9342-e887-11f1-bd98-02fc00000001#0 ACTIVE started',
  files_dest_surl_other_user_same_vo: '518e9342-e887-11f1-bd98-02fc00000001#0 ACTIVE started',
  files_dest_surl_just_canceled: '518e9342-e887-11f1-bd98-02fc00000001#0 CANCELED started',
  files_dest_surl_canceled_later: 'nothing',
  files_dest_surl_finished_empty: 'nothing',
  files_dest_surl_unknown_empty: 'nothing',
  files_dest_surl_upper_case_host: 'nothing',
  files_dest_surl_other_vo_empty: 'nothing',
  files_dest_surl_no_certificate: 'Unauthorized 403 +',
  files_dest_surl_time_window_500: 'ServerError 500',
  files_index: 'ServerError 200',

  archive_job: 'FINISHEDDIRTY(FINISHED FAILED FAILED)',
  archive_job_not_yet_archived: 'missing',
  archive_unknown_404: 'missing',
  archived_job_by_jobs_404: 'missing',
  archived_job_in_list_207: 'FINISHED missing',

  submit_after_delegation: '0f36c4f2-e76e-11f1-aa11-02fc00000001',
  submit_bad_json: 'ClientError 400 +',
  submit_bad_priority: 'ClientError 400 +',
  submit_bad_verify_checksum: '0fa04328-e76e-11f1-aa11-02fc00000001',
  submit_banned_se_403: 'Banned 403 +',
  submit_before_delegation_419: 'NeedDelegation 419 +',
  submit_database_down: 'ServerError 500',
  submit_delegation_expired_419: 'NeedDelegation 419 +',
  submit_delegation_less_than_one_hour_419: 'NeedDelegation 419 +',
  submit_delete_job_405: 'ClientError 405 +',
  submit_deterministic: '6ab38582-0477-5bfe-bdfc-6c8c24e00831',
  submit_deterministic_2: '3e893127-8dea-5795-a1c7-59ce02696238',
  submit_deterministic_after_cancel_still_409: 'Conflict sid 409 +',
  submit_deterministic_again_409: 'Conflict sid 409 +',
  submit_deterministic_same_sid_other_user_same_vo_409: 'Conflict sid 409 +',
  submit_deterministic_without_sid: 'ClientError 400 +',
  submit_duplicate_destination_409: 'Conflict destination 409 +',
  submit_duplicate_destination_after_cancel: 'd9d39988-e76e-11f1-b992-02fc00000001',
  submit_duplicate_destination_within_job_409: 'Conflict destination 409 +',
  submit_empty_body: 'ClientError 400 +',
  submit_empty_files: 'ClientError 400 +',
  submit_empty_sources: 'ClientError 400 +',
  submit_file_metadata_too_big: 'ClientError 400 +',
  submit_file_url: 'ClientError 400 +',
  submit_held_se: '27aa2862-e76e-11f1-acba-02fc00000001',
  submit_job_metadata_list: 'ClientError 400 +',
  submit_job_metadata_too_big: 'ClientError 400 +',
  submit_json_without_content_type: 'ClientError 400 +',
  submit_missing_destinations: 'ClientError 400 +',
  submit_multiple_sources: '0fb92046-e76e-11f1-b355-02fc00000001',
  submit_no_files_key: 'ClientError 400 +',
  submit_not_an_object: 'ClientError 400 +',
  submit_ok_3_files: '0f5bd5c6-e76e-11f1-b355-02fc00000001',
  submit_overwrite_flags_conflict: 'ClientError 400 +',
  submit_same_destination_twice: '0fbe4d32-e76e-11f1-acba-02fc00000001',
  submit_sources_not_a_list: 'ClientError 400 +',
  submit_unknown_param_ignored: '0fa86a26-e76e-11f1-b355-02fc00000001',
  submit_url_without_path: 'ClientError 400 +',
  submit_url_without_scheme: 'ClientError 400 +',

  post_jobs_no_certificate: 'Unauthorized 403 +',

  cancel_active: 'CANCELED',
  cancel_by_other_user_same_vo: 'CANCELED',
  cancel_mixed_active_terminal_unknown: 'CANCELED CANCELED missing',
  cancel_no_certificate: 'ServerError 500',
  cancel_one_unknown: 'CANCELED missing',
  cancel_other_vo_403: 'forbidden',
  cancel_terminal: 'CANCELED',
  cancel_two: 'CANCELED CANCELED',
  cancel_two_terminal: 'CANCELED CANCELED',
  cancel_unknown_404: 'missing',

  delegation_after: '2026-11-24T01:45:30.000Z',
  delegation_after_expiry: '2026-11-23T17:45:31.000Z',
  delegation_after_ua_curl: '2026-11-24T01:45:30.000Z',
  delegation_none_no_ua: 'null',
  delegation_none_ua_curl: 'null',
  delegation_none_ua_fts_rest_client_3_11: 'null',
  delegation_none_ua_fts_rest_client_3_12: 'null',
  delegation_none_ua_python_bindings_3_13: 'null',
  delegation_of_someone_else: 'Unauthorized 403 +',
};

function outcomeOfLookups(lookups: Map<string, Lookup>): string {
  return [...lookups.values()].map((lookup) => (lookup.kind === 'job' ? stateOf(lookup.job) : lookup.kind)).join(' ');
}

function stateOf({ state, files }: { state: string; files: { state: string }[] | null }): string {
  return files === null ? state : `${state}(${files.map((file) => file.state).join(' ')})`;
}

function outcomeOfFiles(files: UnfinishedFile[]): string {
  const each = files.map(
    ({ jobId, index, state, started }) => `${jobId}#${index} ${state}${started ? ' started' : ''}`,
  );
  return each.join(' ') || 'nothing';
}

/** Makes the request of a recording through the client. */
async function ask(client: Fts3, { request }: Recording): Promise<string> {
  const [path = '', query] = request.path.split('?');
  const [, place, ids = ''] = path.split('/');
  switch (`${request.method} /${place}`) {
    case 'GET /whoami': {
      const { vo, delegationId, userDn } = await client.whoami();
      return `${vo} ${delegationId} ${userDn}`;
    }
    case 'GET /files':
      return outcomeOfFiles(await client.unfinishedFiles(new URLSearchParams(query).get('dest_surl') ?? ''));
    case 'GET /jobs':
      return outcomeOfLookups(await client.jobs(ids.split(','), query !== undefined));
    case 'DELETE /jobs':
      return outcomeOfLookups(await client.cancel(ids.split(',')));
    case 'GET /archive':
      return outcomeOfLookups(new Map([[ids, await client.archived(ids)]]));
    case 'POST /jobs':
      return client.submit(JSON.parse('{"files": [], "params": {}}') as JobDescription);
    case 'GET /delegation':
      return String((await client.delegatedUntil(ids))?.toISOString() ?? null);
    default:
      return (await client.announced()).version;
  }
}

function outcomeOfError(error: unknown): string {
  assert(error instanceof FtsError, String(error));
  assert(error.sent, 'every recorded request was sent');
  const kind = error instanceof Conflict ? ` ${error.kind}` : '';
  return `${error.name}${kind} ${error.status}${error.answered ? ' +' : ''}`;
}

async function replay(t: TestContext, name: string): Promise<string> {
  const recorded = recording(name);
  const { status, headers, body } = recorded.response;
  const { endpoint } = await listen(t, (_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  });
  return ask(clientOf(t, endpoint), recorded).catch(outcomeOfError);
}

for (const [name, outcome] of Object.entries(OUTCOMES)) {
  test(`the recorded answer ${name} is understood`, async (t) => {
    assert.equal(await replay(t, name), outcome);
  });
}

test('a job with its files is read whole', async (t) => {
  const { body } = recording('job_FINISHEDDIRTY_with_files').response;
  const { endpoint } = await listen(t, (_, response) => response.end(body));
  const id = '15a2a1a8-e76e-11f1-acba-02fc00000001';
  const lookup = (await clientOf(t, endpoint).jobs([id], true)).get(id);
  assert(lookup?.kind === 'job');
  const { files, ...job } = lookup.job;
  assert.deepEqual(job, {
    id,
    state: 'FINISHEDDIRTY',
    reason: 'One or more files failed. Please have a look at the details for more information',
    cancelJob: false,
    vo: 'lhcb',
    userDn: '/DC=org/DC=example/OU=users/CN=Rea Lfts',
    metadata: { auth_method: 'certificate' },
    submittedAt: new Date('2026-11-23T18:45:42Z'),
    finishedAt: new Date('2026-11-23T18:45:45Z'),
    bringOnline: -1,
    archiveTimeout: -1,
  });
  assert.equal(files?.length, 3);
  assert.deepEqual(files[2], {
    index: 2,
    state: 'FAILED',
    source: 'mock://src.example.org/di3?size=7',
    destination: 'mock://dst.example.org/di3?size_post=7&time=1&transfer_errno=28',
    reason: 'TRANSFER [28] No space left on device',
    size: 7,
    started: true,
    stagingStart: null,
    archiveStart: null,
    report: null,
    stopping: false,
    recoverable: null,
    finishedAt: new Date('2026-11-23T18:45:45Z'),
    fileId: 8872390280,
  });
});

test('what tape did, and what FTS reports of a destination on tape, is read of each file', async (t) => {
  const read = async (name: string): Promise<Pick<Job, 'bringOnline' | 'archiveTimeout'> & { file: FileStatus }> => {
    const { request, response } = recording(name);
    const { endpoint } = await listen(t, (_, answer) => answer.end(response.body));
    const id = /[0-9a-f-]{36}/.exec(request.path)?.[0] ?? '';
    const lookup = (await clientOf(t, endpoint).jobs([id], 'whole')).get(id);
    assert(lookup?.kind === 'job');
    const [file] = lookup.job.files ?? [];
    assert(file !== undefined);
    return { ...lookup.job, file };
  };
  const staged = await read('tape_stage_ok_STARTED');
  assert.equal(staged.bringOnline, 3600);
  assert.deepEqual(staged.file.stagingStart, new Date('2026-11-25T04:20:01Z'));
  const archiving = await read('tape_archive_ok_ARCHIVING');
  assert.equal(archiving.archiveTimeout, 3600);
  assert.equal(archiving.file.archiveStart, null);
  const { report } = (await read('exists_root_archive_report_other_content_done')).file;
  assert.deepEqual(report, { size: 32, checksum: 'ADLER32:c86a0bb7', onDisk: true, onTape: false });
});

for (const dst_file of [
  null,
  [],
  'x',
  {},
  { file_size: -1 },
  { file_size: 3, checksum_type: 'ADLER32', checksum_value: '' },
  { file_size: 3, checksum_type: 'ADLER 32', checksum_value: 'a' },
])
  test(`a report that is ${JSON.stringify(dst_file)} is none, and the job is read`, async (t) => {
    const { request, response } = recording('exists_root_archive_report_other_content_done');
    const id = /[0-9a-f-]{36}/.exec(request.path)?.[0] ?? '';
    const job = JSON.parse(response.body) as { files: object[] };
    job.files = job.files.map((file) => ({ ...file, file_metadata: { dst_file } }));
    const { endpoint } = await listen(t, (_, answer) => answer.end(JSON.stringify(job)));
    const lookup = (await clientOf(t, endpoint).jobs([id], 'whole')).get(id);
    assert(lookup?.kind === 'job');
    assert.equal(lookup.job.files?.[0]?.report, null);
  });

test('a cancelled file is stopping until FTS writes its finish_time', async (t) => {
  const id = '15a805bc-e76e-11f1-aa11-02fc00000001';
  const seen = ['job_CANCELED', 'job_CANCELED_later'].map(async (name) => {
    const { endpoint } = await listen(t, (_, response) => response.end(recording(name).response.body));
    const lookup = (await clientOf(t, endpoint).jobs([id], true)).get(id);
    assert(lookup?.kind === 'job');
    return lookup.job.files?.map(({ state, stopping }) => [state, stopping]);
  });
  assert.deepEqual(await Promise.all(seen), [
    Array.from({ length: 2 }, () => ['CANCELED', true]),
    Array.from({ length: 2 }, () => ['CANCELED', false]),
  ]);
});

test('whether a worker may still be handed a cancelled file is told by the clock of the server, whatever ours says', async (t) => {
  const id = '15a805bc-e76e-11f1-aa11-02fc00000001';
  const job = JSON.parse(recording('job_CANCELED').response.body) as { job_finished: string; files: object[] };
  job.files = job.files.map((file) => ({ ...file, start_time: null, transfer_host: null }));
  const seen = async (secondsLater: number, date: 'sent' | 'not sent'): Promise<(boolean | undefined)[]> => {
    const then = new Date(Date.parse(`${job.job_finished}Z`) + secondsLater * 1000);
    const headers = date === 'sent' ? { date: then.toUTCString() } : {};
    const { endpoint } = await listen(t, (_, response) => {
      response.sendDate = false;
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(job));
    });
    const now = () => (date === 'sent' ? new Date('2020-02-02') : then);
    const lookup = (await clientOf(t, endpoint, { now }).jobs([id], true)).get(id);
    assert(lookup?.kind === 'job');
    return lookup.job.files?.map(({ stopping }) => stopping) ?? [];
  };
  for (const date of ['sent', 'not sent'] as const) {
    assert.deepEqual(await seen(59, date), [true, true], `59 s later, Date ${date}`);
    assert.deepEqual(await seen(60, date), [false, false], `60 s later, Date ${date}`);
  }
});

test('the newest jobs are listed in the order of the answer', async (t) => {
  const { endpoint } = await listen(t, (_, response) => {
    response.end(recording('list_state_in_finished_limit').response.body);
  });
  const userDn = '/DC=org/DC=example/OU=users/CN=Rea Lfts';
  assert.deepEqual(await clientOf(t, endpoint).recentJobs(2), [
    {
      id: '688f2c2a-e76d-11f1-aa11-02fc00000001',
      state: 'FAILED',
      submittedAt: new Date('2026-11-23T18:40:51Z'),
      finishedAt: new Date('2026-11-23T18:41:56Z'),
      userDn,
    },
    {
      id: '6818cbde-e76d-11f1-931b-02fc00000001',
      state: 'FAILED',
      submittedAt: new Date('2026-11-23T18:40:50Z'),
      finishedAt: new Date('2026-11-23T18:40:54Z'),
      userDn,
    },
  ]);
});

test('the id of a deterministic submission is known before it is made', () => {
  const { base_id } = JSON.parse(recording('whoami').response.body) as { base_id: string };
  for (const name of ['submit_deterministic', 'submit_deterministic_2']) {
    const { request, response } = recording(name);
    const { params } = JSON.parse(request.body ?? '') as { params: { sid: string } };
    const { job_id } = JSON.parse(response.body) as { job_id: string };
    assert.equal(jobIdFor(base_id, 'lhcb', params.sid), job_id);
  }
  assert.throws(() => jobIdFor('no uuid', 'lhcb', 'sid'), RangeError);
});
