/** noLfnList: files that are no LFN lists are not cut, and said, also to cron; patterns that match nothing likewise. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { describe, test } from 'node:test';

import { Campaign } from '../support/campaign.js';
import { run } from '../support/runProgram.js';

const nobody = [{ name: 'RAL', endpoint: 'http://127.0.0.1:1' }];
const LFNS = Array.from({ length: 50 }, (_, index) => `/lhcb/data/${index}.dst`);
const each = (form: (lfn: string) => string): string => `${LFNS.map(form).join('\n')}\n`;

const FILES: readonly (readonly [looks: RegExp, content: string | Buffer])[] = [
  [/looks like quoted/, each((lfn) => `"${lfn}"`)],
  [/looks like quoted/, each((lfn) => `  '${lfn}',`)],
  [/looks like CSV/, each((lfn) => `${lfn},0a1b2c3d,100`)],
  [/looks like CSV/, `lfn,adler32,size\n${each((lfn) => `${lfn};0a1b2c3d;100`)}`],
  [/looks like CSV in quotes/, each((lfn) => `"${lfn}","0a1b2c3d","100"`)],
  [/looks like JSON/, JSON.stringify(LFNS, null, 2)],
  [/looks like JSON/, each((lfn) => JSON.stringify({ lfn }))],
  [/looks like UTF-16.*iconv/, Buffer.from(`\ufeff${each((lfn) => lfn)}`, 'utf16le')],
  [
    /looks like UTF-16/,
    Buffer.from(
      each((lfn) => `${lfn}\r`),
      'utf16le',
    ).swap16(),
  ],
  [/its first line is no LFN; it looks like JSON/, `${JSON.stringify(LFNS)}\n`],
  [
    /its first line is no LFN; it looks like gzip/,
    Buffer.concat([gzipSync('/lhcb/a\n').filter((byte) => byte !== 10), Buffer.from('\n')]),
  ],
  [/looks like XML/, `<?xml version="1.0"?>\n${each((lfn) => `<f>${lfn}</f>`)}`],
  [/looks like URLs/, each((lfn) => `root://e.example.org/${lfn}`)],
  [/looks like Windows paths/, each((lfn) => `C:${lfn.replaceAll('/', '\\')}`)],
  [/looks like gzip/, Buffer.concat([gzipSync(each((lfn) => lfn)), Buffer.from('\nx\ny\n')])],
  [/looks like binary/, Buffer.from('a\0b\nc\0d\n\x01\n')],
  [/looks like the output of ls -l/, each((lfn) => `-rw-r--r-- 1 lhcb z5 100 May  4 12:00 ${lfn}`)],
  [/looks like paths without their first slash/, each((lfn) => lfn.slice(1))],
  [/line 1 has a checksum of an algorithm .* say ADLER32/, each((lfn) => `${lfn} AD:0a1b2c3d`)],
  [/line 3 has a blank inside/, `# a comment\n\n/lhcb/my file\n/lhcb/our file\n`],
];

describe('what is no LFN list', { concurrency: 3 }, () => {
  test('is not cut, and said, also to cron; the others are cut', async () => {
    const campaign = new Campaign(nobody, { producer: { lists_per_run: 10 } });
    for (const [index, [, content]] of FILES.entries()) campaign.write(`TODO/ListOfLFNs/${index}.list`, content);
    campaign.lfns('good.list', ['/lhcb/good']);
    const ran = await campaign.run('producer', 3);
    assert.equal(ran.warnings.length, FILES.length, ran.said);
    assert.equal(campaign.lists('TODO').length, 1);
    assert.deepEqual(campaign.lists('DONE/Bad'), []);
    const quiet = await run('producer', { base: campaign.base, args: ['--quiet', '--wait', '0'] });
    assert.equal(quiet.exit, 3);
    const mail = `${quiet.stdout}${quiet.stderr}`.split('\n');
    for (const [index, [looks]] of FILES.entries()) {
      const name = `LFN list "TODO/ListOfLFNs/${index}.list" is not cut: `;
      const said = ran.warnings.filter((warning) => warning.includes(name));
      assert.equal(said.length, 1, name);
      assert.match(said[0] ?? '', /cut: (not one of its first \d+ lines is an|its first line is no) LFN/);
      assert.match(said[0] ?? '', looks);
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(said[0] ?? '', /[\0-\x1f\x7f]/);
      assert.ok(
        mail.some((line) => line.includes(name) && looks.test(line)),
        `${name}${String(looks)}`,
      );
    }
  });

  test('is named by the doctor and by status, and is cut when it is mended', async () => {
    const campaign = new Campaign(nobody, { producer: { lists_per_run: 10 } });
    campaign.write('TODO/ListOfLFNs/a.list', FILES[0]?.[1] ?? '');
    campaign.lfns('b.list', ['/lhcb/good']);
    await campaign.run('producer', 3);
    assert.match((await campaign.text('misc/doctor', 5)).replace(/\s+/g, ' '), /a\.list is not cut: .* quoted/);
    assert.match(await campaign.text('status', 5), /a\.list" is not cut/);
    campaign.write(
      'TODO/ListOfLFNs/a.list',
      each((lfn) => lfn),
    );
    await campaign.run('producer', 0);
    assert.equal(campaign.lists('TODO').length, 4);
  });

  test('one good line among the first twenty, a single line, and what is cut already are cut', async () => {
    const campaign = new Campaign(nobody, { producer: { lists_per_run: 10, lfns_per_list: 100 } });
    const bad = Array.from({ length: 19 }, (_, index) => `bad ${index}`);
    campaign.lfns('a.list', ['# a comment', '', ...bad, '/lhcb/a']);
    campaign.lfns('b.list', ['"/lhcb/b"']);
    campaign.lfns('c.list', ['/lhcb/c']);
    const ran = await campaign.run('producer', 0);
    assert.match(ran.said, /19 lines of "TODO\/ListOfLFNs\/a.list" are no LFNs/);
    assert.match(ran.said, /1 line of "TODO\/ListOfLFNs\/b.list" is no LFN/);
    campaign.lfns('c.list', bad);
    assert.match((await campaign.run('producer', 0)).said, /19 lines of "TODO\/ListOfLFNs\/c.list" are no LFNs/);
    campaign.lfns('d.list', [...bad, 'bad 20', '/lhcb/d']);
    assert.match((await campaign.run('producer', 3)).said, /d\.list" is not cut: not one of its first 20 lines/);
  });

  test('patterns that match nothing, or only a directory, are said', async () => {
    const patterns = ['TODO/ListOfLFNs/*', 'lists/*.txt', 'TODO/ListOfLFNs', 'TODO/ListOfLFNs/good*', '!TODO/x'];
    const campaign = new Campaign(nobody, { producer: { lfn_lists: patterns } });
    campaign.lfns('good.list', ['/lhcb/good']);
    const ran = await campaign.run('producer', 3);
    assert.deepEqual(
      ran.warnings.map((warning) => warning.replace(/ in \/.*/, '')),
      [
        'producer.lfn_lists: "lists/*.txt" matches nothing',
        'producer.lfn_lists: "TODO/ListOfLFNs" matches only a directory: to read the files in it, say "TODO/ListOfLFNs/*"',
      ],
    );
    assert.equal(campaign.lists('TODO').length, 1);
    const quiet = await run('producer', { base: campaign.base, args: ['--quiet', '--wait', '0'] });
    assert.match(quiet.stdout + quiet.stderr, /"lists\/\*\.txt" matches nothing/);
    for (const program of ['misc/doctor', 'status'])
      assert.match((await campaign.text(program, 5)).replace(/\s+/g, ' '), /"lists\/\*\.txt" matches nothing/);
    campaign.settings(nobody);
    assert.deepEqual((await campaign.run('producer', 0)).warnings, []);
  });
});
