/**
 * tokens: a route's lists are sent with the tokens of its storages, or wait; whatever becomes of a token, it is shown
 * nowhere.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { examine } from '../../dist/doctor/doctor.js';
import { site, type Site } from '../servers/proxies.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { endJob, faultOn, nothingLostNorTwice } from '../support/rehearsed.js';
import { bearerToken } from '../support/tokens.js';
import { runUnharmed } from '../support/runWithin.js';

const [ONE, TWO, OTHER] = [listName(1), listName(2), listName(3)];
const OFFLINE = 'offline_access storage.read:/ storage.modify:/';

const sourceToken = (claims: object = {}): string =>
  bearerToken(6 * 3600 + 60, { sub: 'source', scope: OFFLINE, ...claims });
const destinationToken = (claims: object = {}): string => sourceToken({ sub: 'destination', ...claims });

interface Sent {
  readonly files: readonly { source_tokens?: unknown; destination_tokens?: unknown }[];
}

/** What the server was sent. */
const bodies = ({ server }: Site): Sent[] =>
  server.history
    .filter(({ method, path }) => method === 'POST' && path === '/jobs')
    .map(({ body }) => JSON.parse(body) as Sent);

/** Two routes: that of "dcache" has token files, the other has none. */
function campaignAt({ server, caDirectory }: Site, lines = '', fts: object = { auth: 'token' }): Campaign {
  const campaign = new Campaign([choice(server)], { fts: { ca_directory: caDirectory, ...fts } });
  campaign.env['BEARER_TOKEN'] = bearerToken(12 * 3600);
  const own = `[[route]]\nname = "dcache"\nmatch = "none"\nsource = "${campaign.source}"\ndestination = "${campaign.destination}"\nsource_token_file = "source.token"\ndestination_token_file = "${campaign.path('destination.token')}"\n${lines}\n`;
  campaign.write('castor2echo.toml', own + campaign.read('castor2echo.toml'));
  writeTokens(campaign);
  return campaign;
}

function writeTokens(campaign: Campaign, source = sourceToken(), destination = destinationToken()): string[] {
  campaign.write('source.token', `${source}\n`);
  campaign.write('destination.token', destination);
  return [source, destination];
}

/** A list that the route "dcache" has cut. */
function put(campaign: Campaign, name: string): void {
  campaign.put('TODO', name);
  campaign.write(
    `TODO/${name}`,
    `# castor2echo 1 ${campaign.has('.campaign') ? campaign.uuid() : '-'}\n# route dcache\n${campaign.read(`TODO/${name}`)}`,
  );
}

/** All that stands in the campaign but the tokens themselves, as one text. */
const everythingIn = ({ base }: Campaign): string =>
  readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.token'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

describe('tokens of storages', { concurrency: 2 }, () => {
  test('are read at each run, sent with every file of a job of their route, and with no other', async () => {
    const ral = await site('RAL');
    const campaign = campaignAt(ral);
    put(campaign, ONE);
    campaign.put('TODO', OTHER);
    const [source, destination] = writeTokens(campaign);
    await campaign.run('consumer', 0);
    const [later] = writeTokens(campaign, sourceToken({ jti: 'later' }));
    put(campaign, TWO);
    await campaign.run('consumer', 0);
    const pairs = bodies(ral).map(({ files }) => files.map((file) => [file.source_tokens, file.destination_tokens]));
    const both = (token: unknown): unknown[] => [
      [[token], [destination]],
      [[token], [destination]],
    ];
    assert.deepEqual(pairs[0], both(source));
    assert.deepEqual(pairs[1], [
      [undefined, undefined],
      [undefined, undefined],
    ]);
    assert.deepEqual(
      pairs[2],
      both(later).map((pair) => [(pair as unknown[])[0], [readFileSync(campaign.path('destination.token'), 'utf8')]]),
    );
    nothingLostNorTwice(campaign, ral.server);
  });

  test('stand in no log, list, row or page, also when FTS and the storages quote them', async () => {
    const ral = await site('QUOTING');
    const campaign = campaignAt(ral);
    const secrets = writeTokens(campaign);
    put(campaign, ONE);
    let said = '';
    const runs = async (...programs: [string, ...string[]][]): Promise<void> => {
      for (const [program, ...args] of programs) {
        const ended = await runUnharmed(program, { base: campaign.base, env: campaign.env, args });
        said += ended.stdout + ended.stderr;
      }
    };
    await runs(['consumer', '--dry-run', '--verbose'], ['consumer', '--verbose']);
    const { jobId } = campaign.job(ral.server, ONE);
    endJob(ral.server, jobId, [
      ['FAILED', `TRANSFER [13] HTTP 403 : "${secrets[1]}" is refused`],
      ['FAILED', `SOURCE [2] No such file: Authorization: Bearer ${secrets[0]}`],
    ]);
    const page = campaign.path('page.html');
    await runs(
      ['monitor', '--verbose', '--report', page],
      ['status'],
      ['status', '--json'],
      ['misc/explain', ONE],
      ['misc/doctor', '--json'],
      ['producer', '--dry-run'],
    );
    assert.match(
      said,
      /with each file FTS would be sent the token in .*source\.token \(until .*\) for its source, the token in .*destination\.token/,
    );
    for (const secret of secrets)
      for (const part of secret.split('.').slice(0, 2))
        assert.ok(!`${said}${everythingIn(campaign)}`.includes(part.slice(0, 60)), part);
    assert.match(
      campaign.rows<{ ids: string }>('SELECT token_ids AS ids FROM job')[0]?.ids ?? '',
      /^[0-9a-f]{16} [0-9a-f]{16}$/,
    );
  });

  test('that are missing, empty, no JWT or over keep the lists of their route in TODO, said once; the others go on', async () => {
    const ral = await site('BAD');
    const campaign = campaignAt(ral);
    const cases: [token: string, why: RegExp][] = [
      ['', /the file is empty; get a new token/],
      ['opaque', /it is no JWT with an issuer and an end; get a new token/],
      [bearerToken(-5), /it expired at \d{4}-.*; get a new token/],
      [bearerToken(3600, { nbf: 2 ** 32 }), /it is not valid before \d{4}-.*; get a new token/],
      [bearerToken(3600, { iss: undefined }), /it is no JWT/],
    ];
    put(campaign, ONE);
    put(campaign, TWO);
    for (const [index, [token, why]] of cases.entries()) {
      campaign.write('source.token', token);
      campaign.put('TODO', listName(10 + index));
      const ran = await campaign.run('consumer', 3);
      assert.match(ran.said, why);
      assert.match(ran.said, /The lists of route "dcache" wait in TODO: Cannot use the token ".*\/source\.token": /);
      assert.equal(ran.warnings.length, 1);
      assert.deepEqual([ran.of(ONE).action, ran.of(listName(10 + index)).action], ['waiting', 'submitted']);
    }
    campaign.move('source.token', 'away.token');
    assert.match((await campaign.run('consumer', 3)).said, /source\.token": there is no such file; get a new token/);
    assert.equal(campaign.posts(ral.server, ONE), 0);
    writeTokens(campaign);
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 2);
    nothingLostNorTwice(campaign, ral.server);
  });

  test('wait in TOKEN_PREP until FTS has exchanged them; refused, they are not sent again, however often the programs run', async () => {
    const ral = await site('REFUSING');
    const campaign = campaignAt(ral, '', { auth: 'token' });
    const [source] = writeTokens(campaign);
    ral.server.refuseToken(source ?? '', '[invalid_grant]: Subject token not allowed: eyJhb...1aCfA');
    put(campaign, ONE);
    put(campaign, TWO);
    await campaign.run('consumer', 0);
    assert.deepEqual(
      campaign.job(ral.server, ONE).transfers.map(({ state }) => state),
      ['TOKEN_PREP', 'TOKEN_PREP'],
    );
    const kept = await campaign.run('monitor', 0);
    assert.deepEqual([kept.of(ONE).action, kept.of(ONE).state], ['kept', 'SUBMITTED']);
    ral.server.advance(30);
    const ran = await campaign.run('monitor', 3);
    assert.deepEqual(ran.of(ONE).to, [`TODO/${ONE}`]);
    assert.equal(ran.warnings.length, 1);
    assert.match(ran.said, /FTS could not exchange the tokens with which list "FTSList-.*" was sent .*not sent again/);
    assert.deepEqual(campaign.rows('SELECT class, count FROM failure'), [{ class: 'auth', count: 4 }]);
    for (let round = 0; round < 2; round++) {
      const waits = await campaign.run('consumer', 3);
      assert.match(
        waits.said,
        /The lists of route "dcache" wait .*could not exchange.*source\.token" is still one of them .*it is not sent again: put another one there/,
      );
      assert.equal(waits.of(ONE).action, 'waiting');
    }
    // FTS says "source" whichever it was, so the other one is not believed either.
    writeTokens(campaign, sourceToken({ jti: 'new' }), readFileSync(campaign.path('destination.token'), 'utf8'));
    assert.match((await campaign.run('consumer', 3)).said, /destination\.token" is still one of them/);
    assert.equal(ral.server.submissions.length, 2);
    writeTokens(campaign, sourceToken({ jti: 'new' }), destinationToken({ jti: 'new' }));
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 2);
    nothingLostNorTwice(campaign, ral.server);
  });

  test('whose issuer failed with a 503 were not refused, and are sent again', async () => {
    const ral = await site('FAILING');
    const campaign = campaignAt(ral);
    const [source] = writeTokens(campaign);
    ral.server.refuseToken(source ?? '', 'HTTP 503 : Unexpected server error: 503 ');
    put(campaign, ONE);
    await campaign.run('consumer', 0);
    ral.server.advance(30);
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.rows('SELECT class FROM failure'), [{ class: 'transient' }]);
    assert.equal((await campaign.run('consumer', 0)).of(ONE).action, 'submitted');
  });

  test('are not sent by who logs in with a proxy: FTS would answer a 409 that is no duplicate', async () => {
    const ral = await site('PROXY');
    const campaign = campaignAt(ral, '', { auth: 'auto' });
    campaign.env['X509_USER_PROXY'] = ral.proxy(24 * 60);
    put(campaign, ONE);
    campaign.put('TODO', OTHER);
    const ran = await campaign.run('consumer', 3);
    assert.match(
      ran.said,
      /only from who logs in with a token, and to PROXY we log in with a proxy; set fts\.auth = "token"/,
    );
    assert.deepEqual([ran.of(ONE).action, ran.of(OTHER).action], ['waiting', 'submitted']);
    assert.equal(campaign.posts(ral.server, ONE), 0);
    assert.equal(campaign.state(ONE), undefined);
  });

  test('that FTS refuses with 400 keep the route waiting, and no list goes to DONE/Bad for it', async () => {
    const ral = await site('STRICT');
    const campaign = campaignAt(ral);
    put(campaign, ONE);
    put(campaign, TWO);
    campaign.put('TODO', OTHER);
    // Only the server knows that it does not believe this issuer.
    ral.server.setFaults([faultOn(ONE, 'status', { status: 400, message: 'Failed to validate access-token' })]);
    campaign.write('castor2echo.toml', `${campaign.read('castor2echo.toml')}\n[consumer]\nconcurrency = 1\n`);
    const ran = await campaign.run('consumer', 3);
    assert.match(
      ran.said,
      /The lists of route "dcache" wait in TODO: .*400 Bad Request, "Failed to validate access-token"/,
    );
    assert.deepEqual(
      [ONE, TWO, OTHER].map((name) => ran.of(name).action),
      ['waiting', 'waiting', 'submitted'],
    );
    assert.deepEqual(campaign.lists('DONE/Bad'), []);
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 2);
    nothingLostNorTwice(campaign, ral.server);
  });

  test('that end before a job can are sent with a warning, unless FTS can renew them', async () => {
    const ral = await site('SHORT');
    const campaign = campaignAt(ral, 'job = { max_time_in_queue = 4 }');
    const short = { scope: 'storage.read:/' };
    writeTokens(campaign, bearerToken(3 * 3600, short), bearerToken(5 * 3600, short));
    put(campaign, ONE);
    const ran = await campaign.run('consumer', 0);
    assert.equal(ran.of(ONE).action, 'submitted');
    assert.equal(ran.warnings.length, 1);
    assert.match(
      ran.said,
      /source\.token" of route "dcache" has .* left: it ends before its jobs can, which may take 4 hours; get one/,
    );
    writeTokens(campaign, bearerToken(3 * 3600, { scope: OFFLINE }));
    put(campaign, TWO);
    assert.deepEqual((await campaign.run('consumer', 0)).warnings, []);
  });

  test('do not let a list be sent again after a cancel while they are exchanged: its copy is made all the same', async () => {
    const ral = await site('CANCELED');
    const campaign = campaignAt(ral);
    campaign.write('castor2echo.toml', `${campaign.read('castor2echo.toml')}\n[monitor]\ncanceled = "retry"\n`);
    put(campaign, ONE);
    await campaign.run('consumer', 0);
    const said = (await campaign.run('misc/cancel', 0, [ONE, '--yes'])).said;
    assert.match(said, /2 transfers of it are TOKEN_PREP.*copied/);
    assert.equal(campaign.job(ral.server, ONE).state, 'CANCELED');
    for (const program of ['monitor', 'consumer']) await campaign.run(program, 0);
    assert.deepEqual([campaign.lists('DOING'), campaign.lists('TODO')], [[ONE], []]);
    ral.server.advance(600);
    for (const { index } of campaign.job(ral.server, ONE).transfers)
      ral.server.setFile(campaign.job(ral.server, ONE).jobId, index, 'FINISHED');
    await campaign.run('monitor', 0);
    assert.ok(campaign.has(`DONE/Okay/${ONE}`));
    assert.deepEqual(campaign.lists('TODO'), []);
    assert.equal(ral.server.submissions.length, 1);
  });

  test('are looked at by the doctor: file, end, scope, audience, a refusal, and the login', async () => {
    const ral = await site('DOCTOR');
    const campaign = campaignAt(ral);
    const [from, to] = [campaign.source, campaign.destination].map((prefix) => new URL(prefix).hostname);
    const said = async (): Promise<string[]> =>
      (await examine({ base: campaign.base }, campaign.env))
        .filter(({ about }) => about === 'tokens')
        .map(({ state, text }) => `${state} ${text.replace(`${campaign.base}/`, '')}`);
    const good = [sourceToken({ aud: [from] }), destinationToken({ aud: `https://${to}:443/` })] as const;
    writeTokens(campaign, ...good);
    assert.deepEqual(await said(), [
      'ok route "dcache", source: source.token, 6 hours left',
      'ok route "dcache", destination: destination.token, 6 hours left',
    ]);
    writeTokens(
      campaign,
      bearerToken(1860, { scope: 'openid', aud: undefined }),
      destinationToken({ scope: 'storage.create:/ storage.read:/' }),
    );
    assert.deepEqual(await said(), [
      'warning route "dcache", source: source.token, 30 minutes left: it ends before a job can, which may take 1 hour',
      'warning route "dcache", source: source.token, 30 minutes left: it has no scope storage.read (but openid)',
      `warning route "dcache", source: source.token, 30 minutes left: its audience is not given, and not ${from}`,
      `warning route "dcache", destination: destination.token, 6 hours left: its audience is fts, and not ${to}`,
    ]);
    writeTokens(campaign, 'opaque', good[1]);
    ral.server.refuseToken(good[1], 'no');
    const [opaque] = await said();
    assert.match(opaque ?? '', /^failed route "dcache", source: Cannot use the token "source\.token": it is no JWT/);
    writeTokens(campaign, ...good);
    put(campaign, ONE);
    await campaign.run('consumer', 0);
    ral.server.advance(30);
    await campaign.run('monitor', 3);
    campaign.env['X509_USER_PROXY'] = ral.proxy(24 * 60);
    campaign.write('castor2echo.toml', campaign.read('castor2echo.toml').replace('auth = "token"', 'auth = "auto"'));
    const [source, destination, login] = await said();
    for (const line of [source, destination])
      assert.match(line ?? '', /^failed .*token: FTS could not exchange it or its partner for list "FTSList/);
    assert.match(
      login ?? '',
      /^failed FTS takes tokens of storages only from who logs in with a token, and the programs log in with /,
    );
  });

  test("that FTS cannot store are told by its 409 about a foreign key: nobody's destination is in use", async () => {
    const ral = await site('FOREIGN');
    const campaign = campaignAt(ral);
    put(campaign, ONE);
    const { response } = JSON.parse(
      readFileSync(new URL('../../test/recordings/certificate_submit_with_tokens.json', import.meta.url), 'utf8'),
    ) as { response: { status: number; body: string } };
    const { message } = JSON.parse(response.body) as { message: string };
    ral.server.setFaults([faultOn(ONE, 'status', { status: response.status, message })]);
    const ran = await campaign.run('consumer', 3);
    assert.match(
      ran.said,
      /The lists of route "dcache" wait in TODO: .*409 Conflict, "The submission is duplicated .*foreign key/,
    );
    assert.equal(campaign.state(ONE), 'WAITING', 'it may go to any server');
    assert.equal((await campaign.run('consumer', 0)).of(ONE).action, 'submitted');
    nothingLostNorTwice(campaign, ral.server);
  });

  test('are named by the dry run of the producer, by their files', async () => {
    const ral = await site('DRY');
    const campaign = campaignAt(ral);
    campaign.lfns('none', ['/lhcb/1']);
    const said = await campaign.text('producer', 0, ['--dry-run']);
    assert.match(
      said,
      /route "dcache": FTS would be sent .*source_tokens \(the token in source\.token, with each file\), destination_tokens \(the token in .*destination\.token/,
    );
    assert.doesNotMatch(said, /eyJ/);
  });
});
