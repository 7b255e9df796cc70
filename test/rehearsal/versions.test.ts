/** versions: a rehearsal server announces what its version of FTS announces, and drops what that does not know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { knows, SINCE, type Feature } from '../../dist/fts3/index.js';
import { FTS_VERSIONS } from '../../dist/rehearsal/server/protocol/versions.js';
import { bearerToken } from '../support/tokens.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { ask } from './asking.js';

const TOKEN = bearerToken(3600);
const SUBMISSION = {
  files: [
    {
      sources: ['mock://src.example.org/f?size=1'],
      destinations: ['mock://dst.example.org/f?size_post=1&time=1'],
      source_tokens: [TOKEN],
      destination_tokens: [TOKEN],
      staging_metadata: { tier: 'raw' },
      archive_metadata: { tier: 'raw' },
    },
  ],
  params: { archive_timeout: 60, dst_file_report: true, disable_cleanup: true },
};

/** How the answers show that a feature was taken; by their names as the client knows them. */
const SHOWN: Readonly<Record<Feature, (job: Answered, file: Answered) => boolean>> = {
  archive_timeout: (job) => job['archive_timeout'] === 60,
  dst_file_report: (job) => job['dst_file_report'] === true,
  staging_metadata: (_, file) => file['staging_metadata'] !== undefined,
  archive_metadata: (_, file) => file['archive_metadata'] !== undefined,
  tokens: (_, file) => typeof file['src_token_id'] === 'string',
  disable_cleanup: (job) => String(job['internal_job_params']).includes('disable-cleanup'),
};

type Answered = Readonly<Record<string, unknown>>;

for (const version of FTS_VERSIONS)
  test(`FTS ${version} takes what the client expects it to know, and nothing else`, async () => {
    const { url } = await rehearsalServer(version, { version });
    const root = (await ask(url, 'GET', '/')).json as { api: Record<string, number>; delegation: object | null };
    const announced = {
      version: `${root.api['major']}.${root.api['minor']}.${root.api['patch']}`,
      delegates: root.delegation !== null,
    };
    assert.equal(announced.delegates, version !== '4.0');
    assert.equal((await ask(url, 'GET', '/delegation/0123456789abcdef')).status === 404, version === '4.0');
    // With the proxy's tokens FTS's tables would refuse the job from 3.13 on, and with a token FTS refuses tape.
    const asToken = { authorization: `Bearer ${TOKEN}` };
    const { archive_timeout: timeout, ...others } = SUBMISSION.params;
    const jobs = [
      await submit({ ...SUBMISSION, params: others }, asToken),
      await submit(
        {
          files: SUBMISSION.files.map(({ sources, destinations }) => ({ sources, destinations })),
          params: { archive_timeout: timeout },
        },
        {},
      ),
    ];
    for (const feature of Object.keys(SINCE) as Feature[]) {
      const [job, file] = jobs[feature === 'archive_timeout' ? 1 : 0] ?? [{}, {}];
      assert.equal(SHOWN[feature](job, file), knows(announced, feature), feature);
    }

    async function submit(body: object, headers: Record<string, string>): Promise<[Answered, Answered]> {
      const { json, text } = await ask(url, 'POST', '/jobs', { body, headers });
      const { job_id: id } = json as { job_id?: string };
      assert.ok(id, text);
      const files = (await ask(url, 'GET', `/jobs/${id}/files`)).json as Answered[];
      return [(await ask(url, 'GET', `/jobs/${id}`)).json as Answered, files[0] ?? {}];
    }
  });
