/** campaigns: the settings that docs/CAMPAIGNS.md shows are good, and a dry run shows what they would do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Campaign } from '../support/campaign.js';

const page = readFileSync(new URL('../../docs/CAMPAIGNS.md', import.meta.url), 'utf8');
const shown = [...page.matchAll(/^## (.*)$[^#]*?^```toml\n([^]*?)^```$/gm)].map(
  ([, title = '', toml = '']) => [title, toml] as const,
);

/** The first transfer that each would cut of an LFN list of this name. */
const EXPECTED: Readonly<Record<string, readonly [lfnList: string, lfn: string, transfer: string, sent: RegExp]>> = {
  'Castor to Echo, as in the original': [
    'MC-USER.list',
    '/lhcb/user/a.dst',
    'srm://srm-lhcb.gridpp.rl.ac.uk:8443/srm/managerv2?SFN=/castor/ads.rl.ac.uk/prod/lhcb/user/a.dst → gsiftp://gridftp.echo.stfc.ac.uk/lhcb:user/lhcb/user/a.dst',
    /bring_online = 86400/,
  ],
  'dCache to EOS over https, with tokens': [
    'all.list',
    '/experiment/run1/a.root',
    'davs://dcache.example.org:2880/pnfs/example.org/data/experiment/run1/a.root → davs://eos.example.ch:8443/eos/experiment/run1/a.root',
    /overwrite = false/,
  ],
  'Tape to disk': [
    'recall-1.list',
    '/raw/a.root',
    'root://tape.example.org//archive/raw/a.root → root://tape.example.org//archive/raw/a.root',
    /overwrite = false.*bring_online = 604800/,
  ],
  "A small site's storage over root": [
    'all.list',
    '/a.root',
    'root://old.example.org//store/a.root → root://new.example.org//store/a.root',
    /nostreams = 1/,
  ],
};

test('each campaign of the page is tried', () => {
  assert.deepEqual(
    shown.map(([title]) => title),
    Object.keys(EXPECTED),
  );
});

for (const [title, toml] of shown)
  test(`${title}: a dry run shows its first transfer and what FTS would be sent`, async () => {
    const [lfnList, lfn, transfer, sent] = EXPECTED[title] ?? ['', '', '', /./];
    const campaign = new Campaign([]);
    campaign.write('castor2echo.toml', toml);
    campaign.lfns(lfnList, [lfn]);
    const said = await campaign.text('producer', 0, ['--dry-run']);
    assert.ok(said.includes(transfer), said);
    assert.match(said, sent);
    assert.deepEqual(campaign.lists('TODO'), []);
  });
