/**
 * The server's answers have the form of a real one's: for each kind of exchange with FTS 3.13 that was recorded, the
 * same request gets the same status, content type, fields and types, and refusals the same words.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { ask, jobOf } from './asking.js';
import type { Reply } from './asking.js';

interface Recording {
  readonly request: { method: string; path: string; headers: Record<string, string>; body: string | null };
  readonly response: { status: number; headers: Record<string, string>; body: string };
  readonly credential: string | null;
}

type Json = Record<string, unknown>;

const USER = '/DC=org/DC=example/OU=users/CN=Rea Lfts';
const OTHER = '/DC=org/DC=example/OU=users/CN=Other User';

/** Who asks, by the name of the recorded credential. */
const CALLERS: Record<string, Record<string, string>> = {
  lhcb: { 'x-rehearsal-dn': USER },
  prod: { 'x-rehearsal-dn': USER, 'x-rehearsal-role': 'production' },
  novoms: { 'x-rehearsal-dn': USER, 'x-rehearsal-vo': '' },
  other: { 'x-rehearsal-dn': OTHER },
  otherplain: { 'x-rehearsal-dn': OTHER, 'x-rehearsal-vo': '' },
  atlas: { 'x-rehearsal-dn': USER, 'x-rehearsal-vo': 'atlas' },
  fresh: { 'x-rehearsal-dn': OTHER, 'x-rehearsal-role': 'pilot' },
  nobody: { 'x-rehearsal-dn': 'anon' },
};

/** An unsigned token: the server looks at the claims alone. */
function token(claims: Json): string {
  const now = Math.floor(Date.now() / 1000);
  const scope = 'fts:submit offline_access openid storage.modify:/ storage.read:/';
  const all = {
    iss: 'https://issuer.example.org/',
    aud: 'fts',
    nbf: now - 60,
    exp: now + 3600,
    sub: 'u1',
    scope,
    ...claims,
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(all)}.sig`;
}

/** What stands for tokens in the recordings. */
const TOKENS: Record<string, string> = {
  'TOKEN-A': token({}),
  'TOKEN-ATLAS': token({ sub: 'atlas' }),
  'TOKEN-AUDLIST': token({ aud: ['fts', 'other'] }),
  'TOKEN-CANCEL': token({ sub: 'can' }),
  'TOKEN-DENIED': token({ sub: 'denied' }),
  'TOKEN-DST': token({ sub: 'destination' }),
  'TOKEN-EMPTY': token({ sub: 'empty' }),
  'TOKEN-EXPIRED': token({ exp: 1 }),
  'TOKEN-FUTURE': token({ nbf: 2 ** 32 }),
  'TOKEN-NOAUD': token({ aud: undefined }),
  'TOKEN-NOISS': token({ iss: undefined }),
  'TOKEN-NONBF': token({ nbf: undefined }),
  'TOKEN-NOSCOPE': token({ scope: undefined }),
  'TOKEN-OK': token({ sub: 'ok' }),
  'TOKEN-SRC': token({ sub: 'source' }),
  'TOKEN-SRC-AUD': token({ sub: 'source', aud: 'other' }),
  'TOKEN-SRC-EXPIRED': token({ sub: 'source', exp: 1 }),
};
const withTokens = (text: string): string => text.replace(/\bTOKEN-[A-Z-]+\b/g, (name) => TOKENS[name] ?? name);

/** The number of a new server's first file. */
const FIRST_FILE = 8872390002;

class Scene {
  readonly server: RehearsalServer;
  constructor(server: RehearsalServer) {
    this.server = server;
  }

  headersOf(credential: string | null): Record<string, string> {
    return CALLERS[credential ?? 'nobody'] ?? {};
  }

  /** A job of mock:// transfers, given as [source, destination] arguments; then so many seconds pass. */
  async job(transfers: readonly (readonly [string, string])[], seconds: number, params: Json = {}): Promise<string> {
    const files = transfers.map(([from, to], number) => ({
      sources: [`mock://src.example.org/f${number}?${from}`],
      destinations: [`mock://dst.example.org/f${number}?${to}`],
      metadata: { label: 'one' },
    }));
    const body = { files, params: { overwrite: true, retry: -1, ...params } };
    const reply = await ask(this.server.url, 'POST', '/jobs', { body, headers: this.headersOf('lhcb') });
    this.server.advance(seconds);
    return jobOf(reply).job_id;
  }

  active = (): Promise<string> => this.job([GOOD_LONG, GOOD_LONG, GOOD_LONG], 3);
  finished = (): Promise<string> => this.job([GOOD, GOOD], 10);
  failed = (): Promise<string> => this.job([NO_SOURCE, NO_SOURCE], 10);
  dirty = (): Promise<string> => this.job([GOOD, NO_SOURCE, NO_SPACE], 10);

  async canceled(seconds: number): Promise<string> {
    const id = await this.active();
    await ask(this.server.url, 'DELETE', `/jobs/${id}`, { headers: this.headersOf('lhcb') });
    this.server.advance(seconds);
    return id;
  }

  /** Sends the recorded request, with our ids in the places of the recorded ones. */
  async replay(recording: Recording, ids: readonly string[]): Promise<Reply> {
    const { method, path, headers, body } = recording.request;
    const caller = this.headersOf(recording.credential);
    const authorization = withTokens(headers['authorization'] ?? '');
    const token = authorization === '' ? {} : { authorization };
    const who = (await ask(this.server.url, 'GET', '/whoami', { headers: { ...caller, ...token } })).json as Json;
    const seen: string[] = [];
    const ours = path
      .replace(/(?!0{8})[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => {
        if (!seen.includes(id)) seen.push(id);
        return ids[seen.indexOf(id) % ids.length] ?? id;
      })
      .replace(/\b(89f8cff05dd6b375|314070c3e50da6e0|a9f5da6c30f60fcc)\b/, String(who['delegation_id']));
    const withFile = ours.replace(/88723\d+/, String(FIRST_FILE));
    const all = { 'user-agent': null, ...headers, ...caller, ...token };
    return ask(
      this.server.url,
      method,
      withFile,
      body === null ? { headers: all } : { headers: { 'content-type': null, ...all }, body: withTokens(body) },
    );
  }
}

const GOOD = ['size=7', 'size_post=7&time=1'] as const;
const GOOD_LONG = ['size=7', 'size_post=7&time=60'] as const;
const NO_SOURCE = ['errno=2', 'size_post=7&time=1'] as const;
const NO_SPACE = ['size=7', 'size_post=7&time=1&transfer_errno=28'] as const;

type Arrange = (scene: Scene) => Promise<readonly string[]> | readonly string[];

const nothing: Arrange = () => [];
const one =
  (make: (scene: Scene) => Promise<string>): Arrange =>
  async (scene) => [await make(scene)];
const before =
  (recording: string): Arrange =>
  async (scene) => {
    await scene.replay(read(recording), []);
    return [];
  };
const banned =
  (storage: string, status: 'CANCEL' | 'WAIT' = 'CANCEL'): Arrange =>
  (scene) => {
    scene.server.ban(storage, status);
    return [];
  };
const archivedJob: Arrange = async (scene) => {
  const id = await scene.dirty();
  scene.server.archive(id);
  return [id];
};
/** One file runs and the other has finished; the recorded submission is the job. */
const oneOfTwoRuns: Arrange = async (scene) => {
  const { job_id } = jobOf(await scene.replay(read('files_dest_surl_submit'), []));
  scene.server.advance(5);
  return [job_id];
};
const thenCanceled =
  (seconds: number): Arrange =>
  async (scene) => {
    const ids = await oneOfTwoRuns(scene);
    await ask(scene.server.url, 'DELETE', `/jobs/${ids[0]}`, { headers: scene.headersOf('lhcb') });
    scene.server.advance(seconds);
    return ids;
  };
const requested: Arrange = before('delegation_request');

/** What was submitted in that recording, so many seconds later. */
const submittedAs =
  (recording: string, seconds: number, thenCancel = false): Arrange =>
  async (scene) => {
    const { request } = read(recording);
    const id = jobOf(await scene.replay(read(recording), [])).job_id;
    const headers = { authorization: withTokens(request.headers['authorization'] ?? '') };
    if (thenCancel) await ask(scene.server.url, 'DELETE', `/jobs/${id}`, { headers });
    scene.server.advance(seconds);
    return [id];
  };
const DENIED = '[invalid_grant]: Subject token not allowed: eyJhb...1aCfA';
const denied = (seconds: number): Arrange => {
  const submitted = submittedAs('token_run_denied_submit', seconds);
  return (scene) => {
    scene.server.refuseToken(TOKENS['TOKEN-DENIED'] ?? '', DENIED);
    return submitted(scene);
  };
};

/** Each recorded exchange, and what has to be so before it. */
const EXCHANGES: Record<string, Arrange> = {
  root: nothing,
  whoami: nothing,
  whoami_no_certificate: nothing,
  whoami_no_voms_proxy: nothing,
  whoami_prod_two_fqans: nothing,
  not_found_path: nothing,
  method_not_allowed: nothing,

  job_SUBMITTED: one((scene) => scene.job([GOOD], 0)),
  job_ACTIVE: one((scene) => scene.active()),
  job_ACTIVE_files: one((scene) => scene.active()),
  job_ACTIVE_with_files: one((scene) => scene.active()),
  job_STAGING: one((scene) => scene.job([GOOD, GOOD], 0, { bring_online: 3600 })),
  job_STAGING_files: one((scene) => scene.job([GOOD, GOOD], 0, { bring_online: 3600 })),
  job_STAGING_files_STARTED: one((scene) => scene.job([['size=7&staging_time=8', GOOD[1]]], 3, { bring_online: 3600 })),
  job_STAGING_done: one((scene) => scene.job([GOOD, GOOD], 30, { bring_online: 3600 })),
  job_staging_failed: one((scene) => scene.job([['size=7&staging_errno=5', GOOD[1]]], 30, { bring_online: 3600 })),
  job_ARCHIVING: one((scene) => scene.job([['size=7', `${GOOD[1]}&archiving_time=10`]], 5, { archive_timeout: 3600 })),
  job_ARCHIVING_done: one((scene) => scene.job([GOOD], 30, { archive_timeout: 3600 })),
  job_ON_HOLD: async (scene) => {
    scene.server.ban('mock://dst.example.org', 'WAIT');
    return [await scene.job([GOOD], 5)];
  },
  job_FINISHED: one((scene) => scene.finished()),
  job_FINISHED_files: one((scene) => scene.finished()),
  job_FINISHED_with_files: one((scene) => scene.finished()),
  job_FINISHEDDIRTY: one((scene) => scene.dirty()),
  job_FINISHEDDIRTY_files: one((scene) => scene.dirty()),
  job_FINISHEDDIRTY_with_files: one((scene) => scene.dirty()),
  job_FAILED: one((scene) => scene.failed()),
  job_FAILED_files: one((scene) => scene.failed()),
  job_FAILED_with_files: one((scene) => scene.failed()),
  job_FAILED_after_retries: one((scene) =>
    scene.job([['size=7', `${GOOD[1]}&transfer_errno=5`]], 60, { retry: 2, retry_delay: 3 }),
  ),
  job_CANCELED: one((scene) => scene.canceled(0)),
  job_CANCELED_later: one((scene) => scene.canceled(3)),
  job_CANCELED_files: one((scene) => scene.canceled(3)),
  job_finished_plus_canceled_file: async (scene) => {
    const id = await scene.job([GOOD, GOOD_LONG], 3);
    const files = (await ask(scene.server.url, 'GET', `/jobs/${id}/files`, { headers: scene.headersOf('lhcb') }))
      .json as Json[];
    await ask(scene.server.url, 'DELETE', `/jobs/${id}/files/${String(files[1]?.['file_id'])}`, {
      headers: scene.headersOf('lhcb'),
    });
    scene.server.advance(3);
    return [id];
  },
  job_multiple_sources_done: async (scene) => {
    const reply = await scene.replay(read('submit_multiple_sources'), []);
    scene.server.advance(10);
    return [jobOf(reply).job_id];
  },
  job_files_param_unknown_field: one((scene) => scene.active()),
  job_unknown_404: nothing,
  job_unknown_files_404: nothing,
  job_not_a_uuid_404: nothing,
  job_no_certificate: one((scene) => scene.active()),
  job_of_other_vo_403: one((scene) => scene.active()),
  job_files_of_other_vo_403: one((scene) => scene.active()),
  job_of_same_vo_other_user: one((scene) => scene.active()),
  jobs_two_known: async (scene) => [await scene.active(), await scene.job([GOOD], 0)],
  jobs_two_known_with_files: async (scene) => [await scene.active(), await scene.job([GOOD], 0)],
  jobs_same_id_twice: one((scene) => scene.active()),
  jobs_trailing_comma: one((scene) => scene.active()),
  jobs_one_unknown_207: one((scene) => scene.active()),
  jobs_one_unknown_207_with_files: one((scene) => scene.active()),
  jobs_all_unknown_207: nothing,
  jobs_of_other_vo_207: async (scene) => [await scene.active(), await scene.active()],
  jobs_no_certificate: nothing,
  jobs_too_many_ids_404_from_httpd: nothing,
  jobs_260_ids_url_too_long: nothing,

  list_state_in_active: async (scene) => {
    const ids = [await scene.active(), await scene.job([GOOD_LONG], 3, { overwrite: false, timeout: 600 })];
    await scene.replay(read('submit_multiple_sources'), []);
    return ids;
  },
  list_state_in_finished_limit: one((scene) => scene.job([NO_SOURCE], 5, { timeout: 3 })),
  list_state_in_finished_no_window_empty: one((scene) => scene.finished()),
  list_state_in_finished_window: one((scene) => scene.failed()),
  list_fields: one((scene) => scene.active()),
  list_limit_too_big: nothing,
  list_foreign_dlg_id_403: nothing,
  list_foreign_dn_400: nothing,
  files_index: async (scene) => [await scene.job([GOOD_LONG], 3), await scene.job([GOOD_LONG], 0)],
  files_dest_surl_submit: nothing,
  files_dest_surl_running: oneOfTwoRuns,
  files_dest_surl_two: oneOfTwoRuns,
  files_dest_surl_comma: oneOfTwoRuns,
  files_dest_surl_upper_case_host: oneOfTwoRuns,
  files_dest_surl_just_canceled: thenCanceled(0),
  files_dest_surl_canceled_later: thenCanceled(5),
  files_dest_surl_finished_empty: oneOfTwoRuns,
  files_dest_surl_unknown_empty: oneOfTwoRuns,
  files_dest_surl_other_user_same_vo: oneOfTwoRuns,
  files_dest_surl_other_vo_empty: oneOfTwoRuns,
  files_dest_surl_no_certificate: oneOfTwoRuns,
  files_dest_surl_time_window_500: oneOfTwoRuns,

  archive_job: archivedJob,
  archive_job_not_yet_archived: one((scene) => scene.dirty()),
  archive_two_ids: archivedJob,
  archive_unknown_404: nothing,
  archived_job_by_jobs_404: archivedJob,
  archived_job_in_list_207: async (scene) => {
    const finished = await scene.finished();
    return [finished, ...(await archivedJob(scene))];
  },

  cancel_active: one((scene) => scene.active()),
  cancel_all_needs_root: nothing,
  cancel_by_other_user_same_vo: one((scene) => scene.active()),
  cancel_file_not_in_job: one((scene) => scene.active()),
  cancel_mixed_active_terminal_unknown: async (scene) => [await scene.active(), await scene.canceled(3)],
  cancel_no_certificate: one((scene) => scene.active()),
  cancel_one_file: one((scene) => scene.active()),
  cancel_one_unknown: one((scene) => scene.canceled(3)),
  cancel_other_vo_403: one((scene) => scene.active()),
  cancel_terminal: one((scene) => scene.canceled(3)),
  cancel_two: async (scene) => [await scene.active(), await scene.active()],
  cancel_two_terminal: async (scene) => [await scene.canceled(3), await scene.canceled(3)],
  cancel_unknown_404: nothing,
  modify_priority: one((scene) => scene.active()),
  modify_priority_bad: one((scene) => scene.active()),
  modify_terminal: one((scene) => scene.canceled(3)),
  modify_two_one_unknown: one((scene) => scene.active()),

  submit_ok_3_files: nothing,
  submit_put_method: nothing,
  submit_deterministic: nothing,
  submit_deterministic_again_409: before('submit_deterministic'),
  submit_deterministic_same_sid_other_user_same_vo_409: before('submit_deterministic_2'),
  submit_deterministic_after_cancel_still_409: async (scene) => {
    const { job_id } = jobOf(await scene.replay(read('submit_deterministic_2'), []));
    await ask(scene.server.url, 'DELETE', `/jobs/${job_id}`, { headers: scene.headersOf('lhcb') });
    return [];
  },
  submit_deterministic_without_sid: nothing,
  submit_multiple_sources: nothing,
  submit_same_destination_twice: nothing,
  submit_unknown_param_ignored: nothing,
  submit_bad_verify_checksum: nothing,
  submit_bad_json: nothing,
  submit_bad_priority: nothing,
  submit_delete_job_405: nothing,
  submit_empty_body: nothing,
  submit_empty_files: nothing,
  submit_empty_sources: nothing,
  submit_file_metadata_too_big: nothing,
  submit_file_url: nothing,
  submit_job_metadata_list: nothing,
  submit_job_metadata_too_big: nothing,
  submit_json_without_content_type: nothing,
  submit_missing_destinations: nothing,
  submit_no_files_key: nothing,
  submit_not_an_object: nothing,
  submit_overwrite_flags_conflict: nothing,
  submit_sources_not_a_list: nothing,
  submit_url_without_path: nothing,
  submit_url_without_scheme: nothing,
  post_jobs_no_certificate: nothing,
  submit_banned_se_403: banned('mock://banned.example.org'),
  submit_held_se: banned('mock://held.example.org', 'WAIT'),
  submit_database_down: databaseDown,
  job_database_down: databaseDown,

  ban_se: nothing,
  ban_se_wait: nothing,
  ban_se_list: nothing,
  ban_se_list_one: before('ban_se'),
  ban_se_not_allowed: nothing,
  ban_se_list_not_allowed: nothing,
  unban_se: before('ban_se'),

  token_whoami: nothing,
  token_whoami_audience_list: nothing,
  token_whoami_expired: nothing,
  token_whoami_not_yet_valid: nothing,
  token_whoami_no_audience: nothing,
  token_whoami_garbage: nothing,
  token_whoami_lower_case_bearer: nothing,
  token_whoami_token_and_certificate: nothing,
  token_whoami_bad_token_and_certificate: nothing,
  token_delegation_status: nothing,
  token_delegation_request: nothing,
  token_delegation_put: nothing,
  token_submit_one_token: nothing,
  token_submit_two_tokens: nothing,
  token_submit_mixed_files: nothing,
  token_submit_empty_source_tokens: nothing,
  token_submit_copy_pin_lifetime: nothing,
  token_submit_bring_online: nothing,
  token_submit_bring_online_string: nothing,
  token_submit_archive_timeout: nothing,
  token_submit_no_params: nothing,
  token_submit_expired: nothing,
  token_submit_garbage: nothing,
  token_submit_without_aud: nothing,
  token_submit_without_iss: nothing,
  token_submit_without_nbf: nothing,
  token_submit_without_scope: nothing,
  token_submit_only_source_tokens: nothing,
  token_submit_two_source_tokens_one_source: nothing,
  token_submit_empty_string_token: nothing,
  token_submit_token_not_a_string: nothing,
  token_submit_source_token_garbage: nothing,
  token_submit_source_token_expired: nothing,
  token_submit_source_token_wrong_audience: nothing,
  certificate_submit_with_tokens: nothing,
  token_job_TOKEN_PREP: submittedAs('token_submit_one_token', 1),
  token_job_TOKEN_PREP_files: submittedAs('token_submit_one_token', 1),
  token_job_read_expired: submittedAs('token_submit_one_token', 1),
  token_job_read_other_vo: submittedAs('token_submit_one_token', 1),
  token_prep_cancel_file: submittedAs('token_submit_one_token', 1),
  token_run_ok_done: submittedAs('token_run_ok_submit', 60),
  token_run_ok_done_files: submittedAs('token_run_ok_submit', 60),
  token_run_denied_done: denied(13),
  token_run_denied_done_files: denied(13),
  token_run_empty_token_lists_done: submittedAs('token_submit_empty_source_tokens', 3000),
  token_run_cancel_in_TOKEN_PREP_cancel: submittedAs('token_run_cancel_in_TOKEN_PREP_submit', 0),
  token_run_cancel_in_TOKEN_PREP_done: submittedAs('token_run_cancel_in_TOKEN_PREP_submit', 60, true),
  token_run_cancel_in_TOKEN_PREP_done_files: submittedAs('token_run_cancel_in_TOKEN_PREP_submit', 60, true),

  delegation_none_no_ua: nothing,
  delegation_none_ua_curl: nothing,
  delegation_none_ua_fts_rest_client_3_11: nothing,
  delegation_none_ua_fts_rest_client_3_12: nothing,
  delegation_none_ua_python_bindings_3_13: nothing,
  delegation_of_someone_else: nothing,
  delegation_request: nothing,
  delegation_request_again_same_key: requested,
  delegation_put_without_request: nothing,
  delegation_put_empty: requested,
  delegation_put_malformed: requested,
  delegation_put_leaf_only: requested,
  delegation_put_for_another_key: requested,
};

/** These exchanges are with servers that were set up in another way. */
const SPECIAL: Record<string, Arrange> = {
  submit_before_delegation_419: nothing,
  submit_duplicate_destination_409: one((scene) =>
    scene.replay(read('submit_duplicate_destination_409'), []).then(() => ''),
  ),
  submit_duplicate_destination_within_job_409: nothing,
};

function databaseDown(scene: Scene): readonly string[] {
  scene.server.setFaults([{ name: 'database down', when: { path: /^\/jobs/ }, does: 'html', status: 500 }]);
  return ['00000000-0000-0000-0000-000000000000'];
}

for (const [name, arrange] of Object.entries(EXCHANGES)) {
  test(`answers ${name} in the recorded form`, () => compare(name, arrange, {}));
}

for (const [name, arrange] of Object.entries(SPECIAL)) {
  test(`answers ${name} in the recorded form`, () =>
    compare(name, arrange, {
      needDelegation: name.includes('delegation'),
      checkDuplicates: name.includes('duplicate'),
    }));
}

async function compare(name: string, arrange: Arrange, options: object): Promise<void> {
  const server = await startRehearsalServer({ name: 'RAL', seed: 1, ...options });
  try {
    const scene = new Scene(server);
    const recording = read(name);
    const ids = await arrange(scene);
    const reply = await scene.replay(recording, ids);
    const { status, headers, body } = recording.response;
    assert.equal(reply.status, status, reply.text);
    assert.equal(reply.type, headers['content-type']);
    assert.deepEqual(shape(reply.text), shape(body));
    if (status >= 400) assert.deepEqual(words(reply.text), words(body));
  } finally {
    await server.stop();
  }
}

function read(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`../../test/recordings/${name}.json`, import.meta.url), 'utf8')) as Recording;
}

/** The fields and types of an answer; of arrays the set of its elements' forms. Text that is no JSON is "text". */
function shape(text: string): unknown {
  try {
    return form(JSON.parse(text));
  } catch {
    return text === '' ? 'nothing' : 'text';
  }
}

function form(value: unknown): unknown {
  if (Array.isArray(value)) {
    const forms = value.map((element: unknown) => JSON.stringify(form(element)));
    return [...new Set(forms)].sort();
  }
  if (typeof value !== 'object' || value === null) return kind(value);
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(
    fields.map(([key, member]) => [
      key,
      key === 'files' ? form(member) : key === 'file_metadata' ? 'metadata' : kind(member),
    ]),
  );
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** The words of a refusal, without what is different each time. */
function words(text: string): string[] {
  const found = text.match(/"(?:status|message|http_status|http_message)": "(?:[^"\\]|\\.)*"/g) ?? [];
  return found.map((word) =>
    word.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/(The submission is duplicated).*/, '$1'),
  );
}
