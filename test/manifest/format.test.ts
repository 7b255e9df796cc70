/** format: a manifest reads back as it was written, and one that was changed, cut off or is none is refused. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { formatRow, readManifest, readRow, type ManifestRow, type Seal } from '../../dist/manifest/format.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { Arriving, manifestOf, ONE } from './arrived.js';

const ROW: ManifestRow = {
  lfn: '/lhcb/é',
  source: 'srm://castor.example.org/lhcb/é',
  destination: 'gsiftp://echo.example.org/lhcb/é',
  size: 17,
  checksum: 'ADLER32:0a1b2c3d',
  checksumFrom: 'gfal-sum',
  knownBy: 'FTS',
  server: 'RAL',
  jobId: '01234567-89ab-cdef-0123-456789abcdef',
  attempts: 2,
  finishedAt: '2018-04-12T10:11:12Z',
  verified: { outcome: 'ok', at: '2018-04-13T10:11:12Z' },
};
const NOTHING: ManifestRow = {
  ...ROW,
  size: null,
  checksum: null,
  checksumFrom: null,
  knownBy: 'unknown',
  server: null,
  jobId: null,
  attempts: null,
  finishedAt: null,
  verified: null,
};

/** Reads a manifest to its end, and gives back its seal. */
async function sealOf(file: string): Promise<Seal> {
  const rows = readManifest(file);
  for (;;) {
    const next = await rows.next();
    if (next.done === true) return next.value;
  }
}

test('a row reads back as it was written', () => {
  for (const row of [ROW, NOTHING, { ...ROW, verified: { outcome: 'missing', at: null } } as const])
    assert.deepEqual(readRow(formatRow(row)), row);
});

test('what is no row is none', () => {
  const line = formatRow(ROW);
  for (const wrong of ['', '#', line.replace('\t17\t', '\t1.5\t'), line.replace('FTS', 'hearsay'), `${line}\tmore`])
    assert.equal(readRow(wrong), null, wrong);
  assert.equal(readRow(line.replace('\tok ', '\tfine ')), null);
  assert.equal(readRow(line.replace('gfal-sum', 'somebody')), null);
});

test('a manifest is read to its end and fits its seal; each byte that is changed, and each line, is found out', async () => {
  const arriving = await Arriving.begin();
  const { campaign } = arriving;
  await arriving.carry({ [ONE]: ['/lhcb/a', '/lhcb/b', '/lhcb/c'] });
  const { text, told } = await manifestOf(campaign, 0);
  const whole = await sealOf(campaign.path('manifest.tsv'));
  assert.deepEqual(whole, { transfers: 3, bytes: BigInt(String(told['bytes'])), sha256: told['sha256'] });
  const rows: ManifestRow[] = [];
  for await (const some of readManifest(campaign.path('manifest.tsv'))) rows.push(...some);
  assert.deepEqual(
    rows.map(({ lfn, knownBy }) => [lfn, knownBy]),
    ['/lhcb/a', '/lhcb/b', '/lhcb/c'].map((lfn) => [lfn, 'FTS']),
  );

  const file = `${temporaryDirectory()}/manifest.tsv`;
  const refuses = async (content: string | Uint8Array, why: RegExp, name = file): Promise<void> => {
    writeFileSync(name, content);
    await assert.rejects(sealOf(name), why);
  };
  const lines = text.split('\n');
  for (let at = 1; at < text.length; at += 7) {
    const other = text[at] === 'x' ? 'y' : 'x';
    await refuses(text.slice(0, at) + other + text.slice(at + 1), /Cannot use the manifest/);
  }
  for (const at of lines.keys())
    if (at < lines.length - 1) await refuses(lines.toSpliced(at, 1).join('\n'), /Cannot use/);
  await refuses(lines.slice(0, -2).join('\n'), /it is not whole/);
  await refuses('', /it is not whole/);
  await refuses('what\nis\nthis\n', /its first line is not that of a manifest/);
  const zipped = gzipSync(text);
  await refuses(zipped.subarray(0, -20), /cannot be read/, `${file}.gz`);
  writeFileSync(`${file}.gz`, zipped);
  assert.deepEqual(await sealOf(`${file}.gz`), whole);
  await assert.rejects(sealOf(`${file}.not`), /cannot be read/);
  assert.equal(readFileSync(campaign.path('manifest.tsv'), 'utf8'), text);
});
