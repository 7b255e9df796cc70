/**
 * servers: what a run opens it closes, also at a server that does not let it in.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fts3 } from '../../dist/fts3/index.js';
import { Servers } from '../../dist/servers/servers.js';
import { loadSettings } from '../../dist/settings/settings.js';
import { Campaign, choice } from '../support/campaign.js';
import { rehearsalServer } from '../support/rehearsed.js';

test('the client of a server that refuses the login is closed', async (t) => {
  const close = t.mock.method(Fts3.prototype, 'close');
  const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
  ral.setFaults([{ name: 'shut', does: 'status', status: 401, when: { path: /whoami/ } }]);
  const campaign = new Campaign([choice(ral), choice(cern)]);
  const settings = loadSettings(campaign.path('castor2echo.toml'), {});
  const servers = new Servers(settings, {
    dryRun: true,
    userAgent: 'test',
    env: {},
    now: () => new Date(),
    onOut: () => {},
    backOff: [],
  });
  assert.equal(await servers.session(ral.url), null);
  assert.equal((await servers.session(cern.url))?.name, 'CERN');
  await servers.close();
  assert.equal(close.mock.callCount(), 2);
});
