/**
 * What the client says when the answer does not come, or not whole, or from somebody else than FTS.
 *
 * The safety of a submission hangs on two fields of the error: `sent` may be false only if nothing can have arrived,
 * and `answered` true only if FTS itself refused.
 */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';

import { FtsError, type JobDescription, TryAgain } from '../../dist/fts3/index.js';
import { type Answering, clientOf, jobId, listen, sendJson, wireJob } from './loopback.js';

const JOB: JobDescription = {
  files: [{ sources: ['mock://src.example.org/a'], destinations: ['mock://dst.example.org/a'] }],
  params: { id_generator: 'deterministic', sid: 'castor2echo:test:1' },
};

/** The error of a promise that must fail. */
async function errorOf(promise: Promise<unknown>): Promise<FtsError> {
  const outcome: unknown = await promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
  assert(outcome instanceof FtsError, String(outcome));
  return outcome;
}

function send(status: number, contentType: string, text: string, headers: Record<string, string> = {}): Answering {
  return (_, response) => {
    response.writeHead(status, { 'content-type': contentType, ...headers });
    response.end(text);
  };
}

function closeAfter(text: string): Answering {
  return (_, _response, socket) => {
    if (text === '') socket.destroy();
    else socket.write(text, () => socket.destroy());
  };
}

const HTML = '<!DOCTYPE HTML><html><head><title>Error</title></head></html>';
const REFUSAL = '{"status": "400 Bad Request", "message": "No valid pairs available"}';

/** What a server does to a submission → class, status, answered. All of them were sent. */
const TROUBLES: readonly [name: string, answering: Answering, outcome: string][] = [
  ['closes before it answers', closeAfter(''), 'TryAgain null false'],
  ['closes within the headers', closeAfter('HTTP/1.1 200 OK\r\nContent-Le'), 'TryAgain null false'],
  [
    'closes within the body',
    closeAfter('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"job_id": "'),
    'TryAgain null false',
  ],
  [
    'closes within a refusal',
    closeAfter(`HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n${REFUSAL}`),
    'TryAgain null false',
  ],
  [
    'closes within a chunked body',
    closeAfter('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"job_id": "'),
    'TryAgain null false',
  ],
  ['does not speak HTTP', closeAfter('SSH-2.0-OpenSSH_9.2\r\n'), 'ServerError null false'],
  ['answers HTML', send(200, 'text/html', HTML), 'ServerError 200 false'],
  ['answers HTML with 400', send(400, 'text/html', HTML), 'ServerError 400 false'],
  ['answers HTML with 404', send(404, 'text/html', HTML), 'ServerError 404 false'],
  ['answers HTML with 403', send(403, 'text/html', HTML), 'Unauthorized 403 false'],
  ['answers HTML with 409', send(409, 'text/html', HTML), 'ServerError 409 false'],
  ['answers HTML with 500', send(500, 'text/html', HTML), 'ServerError 500 false'],
  ['answers HTML with 502', send(502, 'text/html', HTML), 'ServerError 502 false'],
  ['answers HTML with 503', send(503, 'text/html', HTML), 'TryAgain 503 false'],
  ['answers HTML with 429', send(429, 'text/html', HTML), 'TryAgain 429 false'],
  ['answers half a JSON', send(200, 'application/json', '{"job_id": "0f5b'), 'ServerError 200 false'],
  ['answers nothing', send(200, 'application/json', ''), 'ServerError 200 false'],
  ['answers no job id', send(200, 'application/json', '{"jobs": []}'), 'ServerError 200 false'],
  ['answers a job id that is a path', send(200, 'application/json', '{"job_id": "../x"}'), 'ServerError 200 false'],
  ['answers half a refusal', send(400, 'application/json', REFUSAL.slice(0, 40)), 'ServerError 400 false'],
  ["answers somebody else's JSON", send(400, 'application/json', '{"error": "no"}'), 'ServerError 400 false'],
  ['refuses under another status', send(409, 'application/json', REFUSAL), 'ServerError 409 false'],
  ['refuses', send(400, 'application/json', REFUSAL), 'ClientError 400 true'],
  [
    'stumbles in JSON',
    send(500, 'application/json', '{"status": "500 Internal Server Error", "message": "oops"}'),
    'ServerError 500 false',
  ],
  ['redirects', send(302, 'text/html', '', { location: 'http://127.0.0.1:1/' }), 'ServerError 302 false'],
];

for (const [name, answering, outcome] of TROUBLES) {
  test(`a submission is made once to a server that ${name}`, async (t) => {
    const { endpoint, asked } = await listen(t, answering);
    const error = await errorOf(clientOf(t, endpoint, { backOff: [0, 0] }).submit(JOB));
    assert.equal(`${error.name} ${error.status} ${error.answered}`, outcome, error.message);
    assert.equal(error.sent, true);
    assert.equal(asked.length, 1);
    assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), JOB);
  });
}

test('a submission to a server that hangs ends in time, as sent and not answered', async (t) => {
  const { endpoint, asked } = await listen(t, () => undefined);
  const error = await errorOf(clientOf(t, endpoint, { timeoutSeconds: 0.2, backOff: [0] }).submit(JOB));
  assert.equal(`${error.name} ${error.sent} ${error.answered}`, 'TryAgain true false');
  assert.equal(asked.length, 1);
});

test('a submission to a server that drips its answer ends in time', async (t) => {
  const { endpoint } = await listen(t, (_, response) => {
    const drip = setInterval(() => response.write(' '), 20);
    t.after(() => clearInterval(drip));
  });
  const error = await errorOf(clientOf(t, endpoint, { timeoutSeconds: 0.2 }).submit(JOB));
  assert.equal(`${error.name} ${error.sent} ${error.answered}`, 'TryAgain true false');
});

test('a submission over a kept-alive connection that the server closes meanwhile counts as sent', async (t) => {
  const { endpoint, asked } = await listen(t, ({ method, path }, response, socket) => {
    if (method === 'GET') sendJson(response, wireJob(path.slice('/jobs/'.length)));
    else socket.destroy();
  });
  const client = clientOf(t, endpoint, { connections: 1, backOff: [0] });
  await client.jobs([jobId(1)]);
  const error = await errorOf(client.submit(JOB));
  assert.equal(`${error.name} ${error.sent} ${error.answered}`, 'TryAgain true false');
  assert.deepEqual(
    asked.map(({ method, connection }) => `${method} ${connection}`),
    ['GET 0', 'POST 0'],
  );
});

test('a refused connection means that nothing was sent', async (t) => {
  const endpoint = await closedPort();
  const error = await errorOf(clientOf(t, endpoint).submit(JOB));
  assert.equal(`${error.name} ${error.status} ${error.sent} ${error.answered}`, 'TryAgain null false false');
  assert.match(error.message, /^Cannot submit a job on http:\/\/127\.0\.0\.1:\d+: the connection was refused$/);
});

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

test('a GET is repeated until the server has recovered', async (t) => {
  const troubles: Answering[] = [closeAfter(''), send(502, 'text/html', HTML)];
  const { endpoint, asked } = await listen(t, (request, response, socket) => {
    const trouble = troubles.shift();
    if (trouble === undefined) sendJson(response, wireJob(jobId(1)));
    else trouble(request, response, socket);
  });
  const lookups = await clientOf(t, endpoint, { backOff: [0, 0] }).jobs([jobId(1)]);
  assert.equal(lookups.get(jobId(1))?.kind, 'job');
  assert.equal(asked.length, 3);
});

test('a GET is given up after the last pause', async (t) => {
  const { endpoint, asked } = await listen(t, send(500, 'text/html', HTML));
  const error = await errorOf(clientOf(t, endpoint, { backOff: [0, 0] }).announced());
  assert.equal(error.name, 'ServerError');
  assert.equal(asked.length, 3);
});

test('a refused GET is not repeated', async (t) => {
  const refusal = '{"status": "403 Forbidden", "message": "Not enough permissions"}';
  const { endpoint, asked } = await listen(t, send(403, 'application/json', refusal));
  const error = await errorOf(clientOf(t, endpoint, { backOff: [0, 0] }).jobs([jobId(1)]));
  assert.equal(`${error.name} ${error.answered}`, 'Unauthorized true');
  assert.equal(asked.length, 1);
});

for (const status of [503, 429]) {
  test(`Retry-After is honoured with ${status}`, async (t) => {
    const times: number[] = [];
    const { endpoint } = await listen(t, (request, response, socket) => {
      times.push(performance.now());
      if (times.length > 1) sendJson(response, wireJob(jobId(1)));
      else send(status, 'text/html', HTML, { 'retry-after': '1' })(request, response, socket);
    });
    await clientOf(t, endpoint, { backOff: [0] }).jobs([jobId(1)]);
    const [first = 0, second = 0] = times;
    assert(second - first > 900, `repeated after ${second - first} ms`);
  });
}

test('Retry-After of a refused submission is handed to the caller', async (t) => {
  const { endpoint } = await listen(t, send(503, 'text/html', HTML, { 'retry-after': '120' }));
  const error = await errorOf(clientOf(t, endpoint).submit(JOB));
  assert(error instanceof TryAgain);
  assert.equal(error.retryAfter, 120);
});

test('an answer that is too large may have come after its request was carried out', async (t) => {
  const { endpoint } = await listen(t, send(200, 'application/json', ' '.repeat(100_000)));
  const error = await errorOf(clientOf(t, endpoint, { maxAnswerBytes: 50_000 }).submit(JOB));
  assert.equal(`${error.name} ${error.sent} ${error.answered}`, 'TooLarge true false');
});

test('closing the client ends its requests and its pauses', async (t) => {
  const { endpoint, asked } = await listen(t, () => void client.close());
  const client = clientOf(t, endpoint, { backOff: [60_000] });
  const error = await errorOf(client.jobs([jobId(1)]));
  assert.equal(`${error.name} ${error.sent}`, 'TryAgain true');
  assert.equal(asked.length, 1);
});
