/**
 * compareDumps: what is lost and what is dark is found whatever way the dumps are written, and an answer that cannot be
 * trusted is not given.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { killUntilSurvives, outcome, start } from '../support/runProgram.js';
import { AT_ONE_TIME, catalogueLine, Comparing, dumpLine, many } from './comparing.js';

const days = (count: number): string => new Date(Date.now() - count * 86_400_000).toISOString().slice(0, 16);

/** One file is lost, one is dark, one has another size. */
function usual(): { dump: string[]; catalogue: string[] } {
  return {
    dump: [...many(dumpLine).slice(1), 'prod/lhcb/dark.dst;0000beef;7', 'prod/lhcb/odd.dst;1;1'],
    catalogue: [...many((number) => catalogueLine(number)), 'RAL-DST;/lhcb/odd.dst;1;2'],
  };
}
const LOST = ['/lhcb/MC/0.dst  ADLER32:d8f16adf  1000'];
const DARK = ['prod/lhcb/dark.dst\t7\tADLER32:0000beef'];

function made(change: (line: string) => string = (line) => line): Comparing {
  const comparing = new Comparing();
  const { dump, catalogue } = usual();
  comparing.write('dump', dump.map(change));
  comparing.write('catalogue', catalogue.map(change));
  return comparing;
}

describe('the answers', () => {
  test('name what is lost, dark and different, sorted, and nothing of the campaign is needed', async () => {
    const { exit, files, stdout } = await made().compare(...AT_ONE_TIME);
    assert.equal(exit, 0);
    assert.deepEqual(Object.keys(files).sort(), [
      'dark-prod.list',
      'different.tsv',
      'lost-RAL-DST.list',
      'summary.json',
    ]);
    assert.deepEqual(files['lost-RAL-DST.list'], LOST);
    assert.deepEqual(files['dark-prod.list'], DARK);
    assert.deepEqual(files['different.tsv'], ['prod/lhcb/odd.dst\tRAL-DST\tADLER32:00000001\tADLER32:00000001\t2\t1']);
    assert.match(stdout, /^compareDumps: 301 catalogued, 301 dumped: 1 lost, 1 dark, 1 different\n/);
    assert.match(stdout, /^RAL-DST +301 \(345 kB\) +300 \(344 kB\) +1 \(1\.0 kB\) +1 \(2 B\)$/m);
  });

  test('say of what is dark how much the dump has there, and when dump and catalogue were made', async () => {
    const comparing = made();
    const { files } = await comparing.compare(...AT_ONE_TIME);
    assert.ok(files['dark-prod.list']);
    const at = `${AT_ONE_TIME[1] ?? ''}:00.000Z`;
    assert.deepEqual(comparing.head('dark-prod.list'), [
      '# dark below prod: path, size, checksum',
      `# 301 files dumped below it; dump of ${at}; catalogue of ${at}`,
    ]);
    const time = new Date('2018-04-12T00:00:00Z');
    for (const name of ['dump', 'catalogue']) utimesSync(comparing.path(name), time, time);
    await comparing.compare('--force', 'nobody says when: \u00FCber\nall');
    const [, times = '', forced = '', ...more] = comparing.head('dark-prod.list');
    assert.match(
      times,
      /; dump of 2018-04-12T00:00:00\.000Z \(a guess\); catalogue of 2018-04-12T00:00:00\.000Z \(a guess\)$/,
    );
    assert.match(forced, /^# written with --force "nobody says when: über\\x0aall": .*days/i);
    assert.deepEqual(more, []);
  });

  test('are the same in whatever order the lines come', async () => {
    const [one, other] = [made(), made()];
    const { dump, catalogue } = usual();
    other.write('dump', dump.toReversed());
    other.write('catalogue', catalogue.toReversed());
    const answers = await Promise.all([one.compare(...AT_ONE_TIME), other.compare(...AT_ONE_TIME)]);
    const lists = answers.map(({ files }) => ({ ...files, 'summary.json': [] }));
    assert.deepEqual(lists[0], lists[1]);
  });

  test('have a list for each storage element and each base, also an empty one', async () => {
    const comparing = new Comparing('RAL-DST;prod\nRAL-USER;user/a\n');
    comparing.write('dump', [...many(dumpLine), 'user/a/lhcb/x;1;1']);
    comparing.write('catalogue', [...many((number) => catalogueLine(number)), 'RAL-USER;/lhcb/x;1;1']);
    const { exit, files } = await comparing.compare(...AT_ONE_TIME);
    assert.equal(exit, 0);
    for (const name of ['lost-RAL-DST.list', 'lost-RAL-USER.list', 'dark-prod.list', 'dark-user_a.list'])
      assert.deepEqual(files[name], [], name);
  });

  test('count a line that is there twice once, and a file of two storage elements for both', async () => {
    const comparing = new Comparing('RAL-DST;prod\nRAL-ARCHIVE;prod\n');
    comparing.write('dump', [...many(dumpLine).slice(1), dumpLine(5)]);
    comparing.write('catalogue', [
      ...many((number) => catalogueLine(number)),
      ...many((number) => catalogueLine(number, 'RAL-ARCHIVE')),
      catalogueLine(0),
    ]);
    const { files, stdout } = await comparing.compare(...AT_ONE_TIME);
    assert.deepEqual(files['lost-RAL-DST.list'], LOST);
    assert.deepEqual(files['lost-RAL-ARCHIVE.list'], LOST);
    assert.match(stdout, /600 catalogued, 299 dumped: 2 lost, 0 dark/);
    assert.match(stdout, /2 lines say again/);
  });

  test('put a path below the longest base that fits, and leave out what lies below none', async () => {
    const comparing = new Comparing('RAL-DST;prod\nRAL-BUFFER;/prod/lhcb/buffer/\n');
    comparing.write('dump', [
      ...many(dumpLine),
      'prod/lhcb/buffer/lhcb/x;1;1',
      'elsewhere/lhcb/y;1;1',
      'production/z;1;1',
    ]);
    comparing.write('catalogue', [...many((number) => catalogueLine(number)), 'RAL-BUFFER;/lhcb/x;1;1']);
    const { exit, files, stdout } = await comparing.compare(...AT_ONE_TIME);
    assert.equal(exit, 0);
    assert.deepEqual(files['dark-prod.list'], []);
    assert.deepEqual(files['dark-prod_lhcb_buffer.list'], []);
    assert.match(stdout, /2 lines of the dump lie below no base/);
  });

  test('say nothing of words in a path: lfn, user and accounting are paths as any other', async () => {
    const comparing = new Comparing();
    const words = ['lhcb/lfn/a', 'lhcb/user/b', 'lhcb/accounting/c', 'lhcb/SE/checksum/d'];
    comparing.write('dump', [...words.slice(1).map((word) => `prod/${word};1;1`), ...many(dumpLine)]);
    comparing.write('catalogue', [
      ...words.map((word) => `RAL-DST;/${word};1;1`),
      ...many((number) => catalogueLine(number)),
    ]);
    const { files } = await comparing.compare(...AT_ONE_TIME);
    assert.deepEqual(files['lost-RAL-DST.list'], ['/lhcb/lfn/a  ADLER32:00000001  1']);
    assert.deepEqual(files['dark-prod.list'], []);
  });
});

describe('dumps and catalogues are read', () => {
  test('also so large ones that the dump gets a thread of its own', async () => {
    const comparing = new Comparing();
    const far = (line: string): string => line.replace('MC', `MC/${'x'.repeat(3000)}`);
    comparing.write('dump', [...many(dumpLine, 12_000).slice(1), 'prod/lhcb/dark.dst;0000beef;7'].map(far));
    comparing.write('catalogue', many((number) => catalogueLine(number), 12_000).map(far));
    const { exit, files, text } = await comparing.compare(...AT_ONE_TIME);
    assert.equal(exit, 0, text);
    assert.deepEqual(files['lost-RAL-DST.list'], LOST.map(far));
    assert.deepEqual(files['dark-prod.list'], DARK);
    comparing.write('dump', [...many(dumpLine, 12_000), 'prod/lhcb/x;no checksum;1'].map(far).join('\n'));
    const bad = await comparing.compare(...AT_ONE_TIME);
    assert.equal(bad.exit, 3);
    assert.match(bad.text, /its last line has no end/);
    assert.match(bad.text, /dump: 1 line cannot be read, the first: 12001: prod\/lhcb\/x;no checksum;1/);
  });

  const spellings: readonly (readonly [string, (line: string) => string])[] = [
    ['with tabs', (line) => line.replaceAll(';', '\t')],
    ['with commas', (line) => line.replaceAll(';', ',')],
    ['with bars and blanks around them', (line) => line.replaceAll(';', ' | ')],
    ['with blanks', (line) => line.replaceAll(';', '  ')],
    ['with CRLF', (line) => `${line}\r`],
    ['with a slash at the beginning', (line) => line.replace(/^prod/, '/prod')],
    ['with several slashes', (line) => line.replaceAll('/lhcb', '//lhcb')],
    ['without the slash of an LFN', (line) => line.replace(';/', ';')],
    ['with LFN: before each', (line) => line.replace(';/', ';LFN:/')],
    ['with checksums that say what they are', (line) => line.replace(/;([0-9a-f]+);(?=\d+$)/, ';ADLER32:$1;')],
    ['with checksums in upper case', (line) => line.replace(/;[0-9a-f]+;(?=\d+$)/, (found) => found.toUpperCase())],
    ['without leading zeros', (line) => line.replace(/;0+(?=[0-9a-f]+;\d+$)/, ';')],
  ];
  for (const [how, change] of spellings)
    test(how, async () => {
      const { exit, files, text } = await made(change).compare(...AT_ONE_TIME);
      assert.equal(exit, 0, text);
      assert.deepEqual(files['lost-RAL-DST.list'], LOST);
      assert.deepEqual(files['dark-prod.list'], DARK);
      assert.equal(files['different.tsv']?.length, 1);
    });

  test('when each is spelt otherwise', async () => {
    const comparing = made();
    const { dump } = usual();
    comparing.write('dump', [
      'Path\tChecksum\tSize\r',
      '# made by hand\r',
      ...dump.map(
        (line) =>
          `/${line.replaceAll(';', '\t').toUpperCase().replace('PROD/LHCB/MC', 'prod/lhcb/MC').replace('PROD/LHCB/DARK.DST', 'prod/lhcb/dark.dst').replace('PROD/LHCB/ODD.DST', 'prod/lhcb/odd.dst').replace('.DST', '.dst')}\r`,
      ),
    ]);
    const { exit, files, text } = await comparing.compare(...AT_ONE_TIME);
    assert.equal(exit, 0, text);
    assert.deepEqual(files['lost-RAL-DST.list'], LOST);
    assert.equal(files['different.tsv']?.length, 1);
  });

  test('gzipped, and from stdin', async () => {
    const comparing = made();
    const { dump } = usual();
    comparing.write('dump', gzipSync(dump.map((line) => `${line}\n`).join('')));
    const zipped = await comparing.compare(...AT_ONE_TIME);
    assert.deepEqual(zipped.files['lost-RAL-DST.list'], LOST);
    const options = ['--storage', '-', '--catalogue', comparing.path('catalogue'), '--bases', comparing.path('bases')];
    const piped = await comparing.withStdin(dump.map((line) => `${line}\n`).join(''), ...options, ...AT_ONE_TIME);
    assert.equal(piped.exit, 0, piped.text);
    assert.deepEqual(piped.files['dark-prod.list'], DARK);
  });

  test('with other columns, and without checksums and sizes', async () => {
    const comparing = new Comparing();
    comparing.write('dump', many((number) => `${number};x;/prod/lhcb/MC/${number}.dst`).slice(1));
    comparing.write(
      'catalogue',
      many((number) => `/lhcb/MC/${number}.dst|RAL-DST`),
    );
    const { exit, files, text } = await comparing.compare(
      ...AT_ONE_TIME,
      '--storage-columns',
      '3,-,1',
      '--catalogue-columns',
      '2,1',
    );
    assert.equal(exit, 0, text);
    assert.deepEqual(files['lost-RAL-DST.list'], ['/lhcb/MC/0.dst']);
    const bad = await comparing.compare(...AT_ONE_TIME, '--catalogue-columns', '2');
    assert.equal(bad.exit, 2);
    assert.match(bad.stderr, /Cannot read the columns "2"/);
  });

  test('or refused when nobody can tell how', async () => {
    const comparing = made();
    comparing.write('catalogue', ['{"lfn": 1}', '{"lfn": 2}']);
    const { exit, stderr } = await comparing.compare(...AT_ONE_TIME);
    assert.equal(exit, 2);
    assert.match(stderr, /Cannot tell how the lines of the catalogue .*catalogue are to be read.*"\{"lfn": 1\}"/);
  });
});

describe('with a catalogue from before the dump', () => {
  test('what has changed between the two is neither lost nor dark', async () => {
    const comparing = new Comparing();
    const lines = many((number) => catalogueLine(number));
    comparing.write('before', [...lines, 'RAL-DST;/lhcb/removed;1;1', 'RAL-DST;/lhcb/removed-and-there;1;1']);
    comparing.write('dump', [
      ...many(dumpLine).slice(1),
      'prod/lhcb/removed-and-there;1;1',
      'prod/lhcb/new-and-there;1;1',
      'prod/dark;1;1',
    ]);
    comparing.write('catalogue', [...lines, 'RAL-DST;/lhcb/new;1;1', 'RAL-DST;/lhcb/new-and-there;1;1']);
    const times = ['--before-catalogued-at', days(3), '--dumped-at', days(2), '--catalogued-at', days(1)];
    const { exit, files, text } = await comparing.compare(...times, '--catalogue-before', comparing.path('before'));
    assert.equal(exit, 0, text);
    assert.deepEqual(files['lost-RAL-DST.list'], LOST);
    assert.deepEqual(files['dark-prod.list'], ['prod/dark\t1\tADLER32:00000001']);
    const summary = JSON.parse((files['summary.json'] ?? []).join('\n')) as { elements: Record<string, unknown>[] };
    assert.deepEqual(summary.elements[0]?.['new'], { files: 2, bytes: 2 });
    assert.deepEqual(summary.elements[0]?.['gone'], { files: 2, bytes: 2 });
  });

  test('a dump that does not lie between them gives only one answer', async () => {
    const comparing = made();
    comparing.write('before', usual().catalogue);
    const options = ['--catalogue-before', comparing.path('before'), '--before-catalogued-at', days(3)];
    const late = await comparing.compare(...options, '--dumped-at', days(1), '--catalogued-at', days(2));
    assert.equal(late.exit, 3);
    assert.ok('lost-RAL-DST.list' in late.files && !('dark-prod.list' in late.files));
    const early = await comparing.compare(...options, '--dumped-at', days(4), '--catalogued-at', days(2));
    assert.equal(early.exit, 3);
    assert.ok('dark-prod.list' in early.files && !('lost-RAL-DST.list' in early.files));
  });
});

describe('an answer is refused', () => {
  const refused = async (
    comparing: Comparing,
    options: readonly string[],
    why: RegExp,
    files: readonly string[],
  ): Promise<void> => {
    const found = await comparing.compare(...options);
    assert.equal(found.exit, 3, found.text);
    assert.match(found.text, why);
    assert.deepEqual(
      Object.keys(found.files)
        .filter((name) => name.endsWith('.list'))
        .sort(),
      files,
    );
    const forced = await comparing.compare(...options, '--force', 'I know');
    assert.match(forced.text, /was written all the same \("I know"\)/);
    assert.ok('lost-RAL-DST.list' in forced.files && 'dark-prod.list' in forced.files);
  };

  test('of a dump older than eight days', () =>
    refused(made(), ['--dumped-at', days(9), '--catalogued-at', days(9)], /9 days old .*, 8 are allowed/, []));

  test('of what is dark, when the dump is newer than the catalogue', () =>
    refused(
      made(),
      ['--dumped-at', days(1), '--catalogued-at', days(2)],
      /What is dark was not written .*newer than the catalogue/,
      ['lost-RAL-DST.list'],
    ));

  test('of what is lost, when the dump is older than the catalogue', () =>
    refused(
      made(),
      ['--dumped-at', days(2), '--catalogued-at', days(1)],
      /What is lost was not written .*older than the catalogue/,
      ['dark-prod.list'],
    ));

  test('by the times of the files, where nobody says when they were made', async () => {
    const comparing = made();
    const at = (day: number): Date => new Date(Date.now() - day * 86_400_000);
    utimesSync(comparing.path('dump'), at(2), at(2));
    utimesSync(comparing.path('catalogue'), at(1), at(1));
    await refused(comparing, [], /older than the catalogue \([^)]*, as its file says\)/, ['dark-prod.list']);
  });

  test('of what is dark, when a storage element of the base is not in the catalogue', async () => {
    const comparing = made();
    comparing.write('bases', 'RAL-DST;prod\nRAL-RAW;prod\n');
    await refused(comparing, AT_ONE_TIME, /nothing of storage elements .*RAL-RAW \(prod\)/, [
      'lost-RAL-DST.list',
      'lost-RAL-RAW.list',
    ]);
  });

  test('of what is dark, when a storage element of the catalogue has no base', async () => {
    const comparing = made();
    comparing.write('catalogue', [...usual().catalogue, 'CERN-RAW;/lhcb/raw;1;1']);
    await refused(comparing, AT_ONE_TIME, /storage elements without a base.*CERN-RAW/, ['lost-RAL-DST.list']);
  });

  test('when more than two percent are lost, or dark', async () => {
    const lossy = made();
    lossy.write('dump', usual().dump.slice(7));
    await refused(lossy, AT_ONE_TIME, /% of RAL-DST would be lost \(8 of 301 catalogued\), 2 % are allowed/, [
      'dark-prod.list',
    ]);
    const dark = made();
    dark.write('catalogue', usual().catalogue.slice(10));
    await refused(dark, AT_ONE_TIME, /% of prod would be dark \(10 of 301 dumped\)/, ['lost-RAL-DST.list']);
  });

  test('when an input was cut off', async () => {
    const comparing = made();
    comparing.write('dump', usual().dump.join('\n').slice(0, -2));
    await refused(comparing, AT_ONE_TIME, /dump: its last line has no end: it was cut off/, []);
    const zipped = made();
    const bytes = gzipSync(
      usual()
        .dump.map((line) => `${line}\n`)
        .join(''),
    );
    zipped.write('dump', bytes.subarray(0, bytes.length - 12));
    const { exit, text, files } = await zipped.compare(...AT_ONE_TIME);
    assert.equal(exit, 3);
    assert.match(text, /its compressed data end too early/);
    assert.deepEqual(files, {});
  });

  test('when lines cannot be read that it would need', async () => {
    const comparing = made();
    comparing.write('dump', [...usual().dump, 'prod/lhcb/x;no checksum;17']);
    await refused(comparing, AT_ONE_TIME, /1 line of the dump cannot be read/, ['dark-prod.list']);
  });

  test('but not when it is not asked for', async () => {
    const { exit, files, text } = await made().compare(
      '--dumped-at',
      days(1),
      '--catalogued-at',
      days(2),
      '--only',
      'lost',
    );
    assert.equal(exit, 0, text);
    assert.deepEqual(Object.keys(files).sort(), ['different.tsv', 'lost-RAL-DST.list', 'summary.json']);
  });
});

describe('the directory of the answers', () => {
  test('is not made by a dry run, and nothing else is left', async () => {
    const comparing = made();
    const before = readdirSync(comparing.directory);
    const { exit, stdout } = await comparing.compare(...AT_ONE_TIME, '--dry-run');
    assert.equal(exit, 0);
    assert.match(stdout, /1 lost, 1 dark/);
    assert.deepEqual(readdirSync(comparing.directory), before);
  });

  test('is never one that is there already', async () => {
    const comparing = made();
    mkdirSync(comparing.path('out1'));
    const { exit, stderr } = await comparing.compare(...AT_ONE_TIME);
    assert.equal(exit, 2);
    assert.match(stderr, /is there already/);
  });

  test('is whole or not there, wherever the run is killed, and the same command goes on', async () => {
    // Each path costs a write and so a point, and a few show every kind of call.
    const comparing = new Comparing();
    comparing.write('dump', [dumpLine(1), dumpLine(2)]);
    comparing.write('catalogue', [catalogueLine(0), catalogueLine(1)]);
    const options = ['--storage', 'dump', '--catalogue', 'catalogue', '--bases', 'bases', '--out', 'out'];
    const args = options.map((option) => (option.startsWith('--') ? option : comparing.path(option)));
    const points = await killUntilSurvives(
      'misc/compareDumps',
      () => ({ base: comparing.directory, args: [...args, ...AT_ONE_TIME, '--force', 'few'] }),
      () => {
        if (!existsSync(comparing.path('out'))) return;
        assert.equal(readdirSync(comparing.path('out')).length, 4);
        rmSync(comparing.path('out'), { recursive: true });
      },
    );
    assert.ok(points > 10);
    assert.deepEqual(readdirSync(comparing.directory).sort(), ['bases', 'catalogue', 'dump']);
  });

  test('is whole or not there, also when the run is interrupted', async () => {
    const comparing = made();
    const options = ['--storage', '-', '--catalogue', comparing.path('catalogue'), '--bases', comparing.path('bases')];
    const before = readdirSync(comparing.directory);
    const args = [...options, ...AT_ONE_TIME, '--out', comparing.path('out')];
    const child = start('misc/compareDumps', { base: comparing.directory, args });
    const ended = outcome(child);
    child.stdin.on('error', () => clearInterval(feed));
    const lines = `${dumpLine(1)}\n`.repeat(5000);
    // More than a socket holds: when it is written, the program reads. It waits for more of the dump, and hears of the signal then.
    await new Promise((resolve) => child.stdin.write(lines.repeat(20), resolve));
    const feed = setInterval(() => child.stdin.write(lines), 20);
    const asked = setInterval(() => child.kill('SIGINT'), 1000);
    const { exit, text } = await ended.then((end) => ({ ...end, text: end.stdout + end.stderr }));
    clearInterval(feed);
    clearInterval(asked);
    assert.equal(exit, 3, text);
    assert.match(text, /Nothing was written: the run was asked to stop \(SIGINT\); the same command begins anew/);
    assert.deepEqual(readdirSync(comparing.directory), before);
  });

  test('is not there when a file cannot be read, which is a wrong option', async () => {
    const comparing = made();
    const { exit, stderr, files } = await comparing.compare(
      ...AT_ONE_TIME,
      '--catalogue-before',
      comparing.path('none'),
    );
    assert.equal(exit, 2);
    assert.match(stderr, /there is no such file/);
    assert.deepEqual(files, {});
    assert.equal(existsSync(comparing.path('castor2echo.toml')), false);
  });
});
