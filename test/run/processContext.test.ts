/**
 * processContext: a run takes its environment from what it is given, and nothing from the process that it runs in.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { consumer } from '../../dist/consumer/program.js';
import { leaseState } from '../../dist/lease/lease.js';
import { runIn } from '../../dist/run/frame.js';
import { site } from '../servers/proxies.js';
import { Campaign, choice, listName } from '../support/campaign.js';

test('base, credential, CAs and the name of the host come from the environment of the run', async () => {
  const { server, caDirectory, proxy } = await site('RAL');
  const campaign = new Campaign([choice(server)]);
  campaign.put('TODO', listName(1));
  const env = {
    C2E_BASE: campaign.base,
    C2E_HOST: 'elsewhere.example.org',
    X509_USER_PROXY: proxy(72 * 60),
    X509_CERT_DIR: caDirectory,
  };
  const misleading = {
    C2E_BASE: '/nowhere',
    X509_USER_PROXY: '/nowhere/proxy',
    X509_CERT_DIR: '/nowhere/certificates',
  };
  const before = { ...process.env };
  Object.assign(process.env, misleading);
  let said = '';
  const print = (text: string): void => void (said += text);
  try {
    const now = () => new Date();
    const sinks = {
      stdout: print,
      stderr: print,
      stdoutLost: () => null,
      sameSink: () => false,
      terminalColumns: () => null,
    };
    const exit = await runIn({ env, now, random: () => 0, onStop: () => {}, ...sinks }, consumer, []);
    assert.equal(exit, 0, said);
  } finally {
    for (const name of Object.keys(misleading)) delete process.env[name];
    Object.assign(process.env, before);
  }
  assert.deepEqual(campaign.lists('DOING'), [listName(1)]);
  assert.equal(leaseState(campaign.base, {})?.holder?.host, 'elsewhere.example.org');
});
