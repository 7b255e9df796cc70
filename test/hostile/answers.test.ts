/**
 * answers: a server that answers anything. The client gives what it has checked or one of its own errors; the programs
 * leave every list where it is, and nothing of the answer reaches a terminal, a list or a path raw.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test, type TestContext } from 'node:test';

import fc from 'fast-check';

import { FtsError, jobIdFor } from '../../dist/fts3/index.js';
import { clientOf, jobId, listen, sendJson, wireJob, type Answering } from '../fts3/loopback.js';
import { Campaign } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { runUnharmed } from '../support/runWithin.js';
import { EVIL, fellOnItsFeet, nothingRaw, times, tried } from './rubbish.js';

const BASE_ID = '01874efb-4735-4595-bc9c-591aef8240c9';
const WHO = {
  user_dn: '/CN=x',
  vos: ['lhcb'],
  base_id: BASE_ID,
  delegation_id: '0123456789abcdef',
  method: 'certificate',
};
const ID = jobId(1);

const sendText = (response: ServerResponse, text: string | Buffer, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
};

/** Answers that no FTS3 gives to a question about one job. */
const WRONG: readonly [what: string, text: string][] = [
  ['nothing', ''],
  ['null', 'null'],
  ['a number', '1e999'],
  ['a text', '"FINISHED"'],
  ['an array of nothing', '[null]'],
  ['an empty object', '{}'],
  [
    'a job of __proto__ alone',
    JSON.stringify({}).replace('{}', `{"__proto__": ${JSON.stringify(wireJob(ID, 'FINISHED'))}}`),
  ],
  ['a job through a constructor', JSON.stringify({ constructor: { prototype: wireJob(ID, 'FINISHED') } })],
  ['another job', JSON.stringify(wireJob(jobId(2), 'FINISHED'))],
  ['a job whose id is a path', JSON.stringify(wireJob('../../etc/passwd', 'FINISHED'))],
  ['a job whose id is a list', JSON.stringify({ ...wireJob(ID), job_id: [ID] })],
  ['a state that is a number', JSON.stringify({ ...wireJob(ID), job_state: 5 })],
  ['a state that is a page', JSON.stringify(wireJob(ID, 'FINISHED'.repeat(1000)))],
  ['a status that is none', JSON.stringify({ ...wireJob(ID), http_status: 'okay' })],
  [
    'metadata that nest deep',
    `{"job_id":"${ID}","job_state":"ACTIVE","vo_name":"lhcb","job_metadata":${'['.repeat(9000)}${']'.repeat(9000)}}`,
  ],
  ['brackets alone', '['.repeat(2_000_000)],
  ['bytes that are no UTF-8', '\xff\xfe'],
];

test('none of them is taken for a job', async (t) => {
  let text = '';
  const { endpoint } = await listen(t, (_, response) => sendText(response, Buffer.from(text, 'latin1')));
  const client = clientOf(t, endpoint);
  for (const [what, wrong] of WRONG) {
    text = wrong;
    await assert.rejects(client.jobs([ID]), FtsError, what);
    await assert.rejects(client.archived(ID), FtsError, what);
    await assert.rejects(client.whoami(), FtsError, what);
  }
  tried(t, 3 * WRONG.length, 'answers that no FTS3 gives');
});

test('whatever JSON comes, with whatever status, the client gives a value of its own or an error of its own', async (t) => {
  let [text, status] = ['', 200];
  const { endpoint } = await listen(t, (_, response) => sendText(response, text, status));
  const client = clientOf(t, endpoint);
  const word = fc.constantFrom(ID, EVIL, '../../x', 'FINISHED', '200 Ok', '404 Not Found', 'lhcb', '', BASE_ID);
  const names =
    'job_id job_state files file_state http_status http_message status message vos base_id user_dn delegation_id vo_name reason source_surl dest_surl file_index __proto__ method';
  const name = fc.constantFrom(...names.split(' '));
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, word, fc.jsonValue(), tie('object'), fc.array(tie('any'), { maxLength: 3 })),
    object: fc.dictionary(name, tie('any')),
  }));
  const answer = fc.tuple(value.any, fc.constantFrom(200, 200, 207, 400, 403, 404, 409, 419, 500, 302));
  await fc.assert(
    fc.asyncProperty(answer, async ([given, code]) => {
      [text, status] = [JSON.stringify(given) ?? 'null', code];
      for (const ask of [
        async () => assert.ok((await client.jobs([ID])).has(ID)),
        async () => assert.match((await client.archived(ID)).kind, /^(job|missing|forbidden)$/),
        async () => assert.match(await client.submit({ files: [], params: {} }), /^[0-9A-Za-z-]{1,64}$/),
        async () => assert.match((await client.whoami()).delegationId, /^[0-9A-Za-z-]{1,64}$/),
      ])
        try {
          await ask();
        } catch (error) {
          assert.ok(error instanceof FtsError, String(error));
          assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
        }
    }),
    { numRuns: times(150) },
  );
  tried(t, 4 * times(150), 'answers of any JSON');
});

/** A server that is sound until its jobs are asked for, or a list is sent to it. */
async function campaignAt(t: TestContext, wrongly: { jobs?: Answering; submit?: Answering }): Promise<Campaign> {
  const { endpoint } = await listen(t, (asked, response, socket) => {
    if (asked.path === '/whoami') return sendJson(response, WHO);
    if (asked.method !== 'POST') return (wrongly.jobs ?? ((_, r) => sendJson(r, {}, 500)))(asked, response, socket);
    if (wrongly.submit !== undefined) return wrongly.submit(asked, response, socket);
    const { params } = JSON.parse(asked.body) as { params: { sid: string } };
    return sendJson(response, { job_id: jobIdFor(BASE_ID, 'lhcb', params.sid) });
  });
  return new Campaign([{ name: 'EVIL', endpoint }], { fts: { timeout_seconds: 20 } });
}

const NAME = 'FTSList-20180412-100000-0001.txt';

describe('a server that answers', { concurrency: 3 }, () => {
  const megabytes = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(1024 * 1024, '[[],');
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) continue;
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  const wrong: readonly [what: string, answering: Answering][] = [
    ['without end', (_, response) => megabytes(response)],
    ['with brackets', (_, response) => sendText(response, '['.repeat(3_000_000))],
    ['of other jobs', (_, response) => sendJson(response, [wireJob('../../DOING/x', 'FINISHED')])],
    ['of a prototype', (_, response) => sendText(response, '{"__proto__":{"job_state":"FINISHED","files":[]}}')],
  ];
  for (const [what, answering] of wrong)
    test(`about jobs ${what} moves nothing`, async (t) => {
      const campaign = await campaignAt(t, { jobs: answering });
      campaign.put('TODO', NAME);
      await campaign.run('consumer');
      fellOnItsFeet(await runUnharmed('monitor', { base: campaign.base }), [3, 5]);
      assert.deepEqual(campaign.lists('DOING'), [NAME]);
      everyTransferOnce(campaign.base);
    });

  for (const [what, answering] of wrong)
    test(`a submission ${what} has taken nothing`, async (t) => {
      const campaign = await campaignAt(t, { submit: answering });
      campaign.put('TODO', NAME);
      fellOnItsFeet(await runUnharmed('consumer', { base: campaign.base }), [3, 5]);
      assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [[NAME], []]);
      everyTransferOnce(campaign.base);
    });

  test('with control characters in states and reasons is shown escaped, in every place', async (t) => {
    let files = false;
    const campaign = await campaignAt(t, {
      jobs: ({ path }, response) => {
        const id = /\/jobs\/([^?]+)/.exec(path)?.[1] ?? '';
        if (!files) return sendJson(response, wireJob(id, `STATE${EVIL}`));
        const lines = campaign.read(`DOING/${NAME}`).trim().split('\n');
        const all = lines.map((line, index) => {
          const [source_surl, dest_surl] = line.split(/\s+/);
          const reason = `SOURCE [2] No such file or directory ${EVIL}`;
          return { file_index: index, file_state: 'FAILED', source_surl, dest_surl, reason };
        });
        return sendJson(response, { ...wireJob(id, 'FINISHEDDIRTY'), reason: EVIL, files: all });
      },
    });
    campaign.put('TODO', NAME);
    await campaign.run('consumer');
    for (const args of [[], ['--json'], ['--verbose']])
      fellOnItsFeet(await runUnharmed('monitor', { base: campaign.base, args }));
    assert.deepEqual(campaign.lists('DOING'), [NAME], 'an unknown state moves nothing');
    files = true;
    fellOnItsFeet(await runUnharmed('monitor', { base: campaign.base }), [0]);
    assert.deepEqual(campaign.lists('DONE/Bad'), [NAME]);
    for (const args of [[], ['--json']]) fellOnItsFeet(await runUnharmed('status', { base: campaign.base, args }));
    nothingRaw(campaign.base);
    everyTransferOnce(campaign.base);
  });

  test('that refuses with control characters, or says that it is somebody strange, is named escaped', async (t) => {
    const campaign = await campaignAt(t, {
      submit: (_, response) => sendJson(response, { status: '400 Bad Request', message: EVIL }, 400),
    });
    campaign.put('TODO', NAME);
    fellOnItsFeet(await runUnharmed('consumer', { base: campaign.base, args: ['--verbose'] }), [3]);
    nothingRaw(campaign.base);
    const { endpoint } = await listen(t, (_, response) => sendJson(response, { ...WHO, vos: [EVIL], base_id: EVIL }));
    campaign.settings([{ name: 'STRANGE', endpoint }]);
    fellOnItsFeet(await runUnharmed('consumer', { base: campaign.base, args: ['--verbose'] }), [5]);
    nothingRaw(campaign.base);
  });
});
