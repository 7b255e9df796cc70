/**
 * walls: lint is red for a wrong arrow of each kind between the rooms, and no room holds more than a quarter of the
 * lines.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { temporaryDirectory } from '../support/temporaryDirectory.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** From the top of the house to its ground; rooms of one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ['misc'],
  ['status', 'operator', 'removal'],
  ['producer', 'consumer', 'monitor', 'audit', 'dumps', 'explain', 'doctor', 'repair', 'takeOver', 'manifest'],
  ['forecast'],
  ['lfnLists'],
  ['servers', 'storages'],
  ['run'],
  ['spool'],
  ['database'],
  ['lease'],
  ['settings'],
  ['rules'],
  ['lists'],
  ['text'],
];

const PURE: readonly string[] = ['rules', 'lists', 'text'];
/** Files below all rooms; `ftsJob.ts`, the schema, knows the pure rooms as well. */
const GROUND: readonly string[] = ['disk', 'errors', 'output', 'spill', 'sortedLines'];

/** What a file of a room must not import. */
function wrongArrows(): Map<string, string[]> {
  const arrows = new Map<string, string[]>();
  for (const [from, rooms] of FLOORS.entries())
    for (const room of rooms.filter((each) => each !== 'misc')) {
      const wrong = FLOORS.flatMap((others, to) =>
        others.filter((other) => to < from || (to === from && other !== room)).map((other) => `../${other}/planted.js`),
      );
      arrows.set(`src/${room}/planted.ts`, [
        ...wrong,
        '../consumer.js',
        '../rehearsal/planted.js',
        'undici',
        ...(room === 'database' ? [] : ['better-sqlite3']),
      ]);
    }
  for (const room of PURE)
    arrows
      .get(`src/${room}/planted.ts`)
      ?.push('node:fs', 'pino', ...GROUND.map((file) => `../${file}.js`), '../ftsJob.js', '../fts3/client.js');
  // The files of the ground stand without a room: these are planted into themselves.
  const rooms = FLOORS.flat();
  for (const file of GROUND)
    arrows.set(`src/${file}.ts`, [
      ...[...rooms, 'rehearsal', 'fts3'].map((room) => `./${room}/absent.js`),
      './ftsJob.js',
      'undici',
      'better-sqlite3',
    ]);
  arrows.set('src/ftsJob.ts', [
    ...[...rooms.filter((room) => !PURE.includes(room)), 'rehearsal', 'fts3'].map((room) => `./${room}/absent.js`),
    'undici',
  ]);
  arrows.set('src/fts3/planted.ts', ['../lists/list.js', '../text/words.js', '../ftsJob.js', 'better-sqlite3']);
  arrows.set('src/rehearsal/server/planted.ts', [
    '../../lists/list.js',
    '../../fts3/index.js',
    '../campaign/driver.js',
    '../rehearse.js',
    'undici',
  ]);
  const above: Readonly<Record<string, readonly string[]>> = {
    protocol: ['behaviour/mock', 'state/jobs', 'requests/routes', 'faults/faults', 'server'],
    behaviour: ['state/jobs', 'requests/routes', 'faults/faults', 'dispatcher'],
    state: ['requests/routes', 'faults/faults', 'server'],
    requests: ['faults/faults', 'dispatcher'],
    faults: ['state/jobs', 'behaviour/mock', 'requests/routes', 'server'],
  };
  for (const [room, wrong] of Object.entries(above))
    arrows.set(`src/rehearsal/server/${room}/planted.ts`, [
      '../../../lists/list.js',
      ...wrong.map((each) => `../${each}.js`),
    ]);
  for (const [place, up] of [
    ['rehearsal', '..'],
    ['rehearsal/campaign', '../..'],
    ['rehearsal/campaign/storages', '../../..'],
  ] as const)
    arrows.set(`src/${place}/planted.ts`, [
      ...rooms.filter((room) => room !== 'text').map((room) => `${up}/${room}/planted.js`),
      ...['disk', 'spill', 'sortedLines', 'ftsJob'].map((file) => `${up}/${file}.js`),
      `${up}/fts3/index.js`,
      'better-sqlite3',
      'undici',
    ]);
  arrows.set('src/misc/planted.ts', ['../rehearsal/planted.js', '../consumer.js', 'undici', 'better-sqlite3']);
  arrows.set('src/status.ts', ['./rehearsal/planted.js', './consumer.js', 'undici', 'better-sqlite3']);
  return arrows;
}

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help: string;
  readonly filename: string;
}

/** What lint says of a copy of the house with these files in it, beside what it says of types. */
async function lint(files: ReadonlyMap<string, string>): Promise<Diagnostic[]> {
  const copy = temporaryDirectory();
  for (const each of ['src', '.oxlintrc.json', 'tsconfig.json', 'package.json'])
    cpSync(join(ROOT, each), join(copy, each), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  // Types are for another day: what matters here is who imports whom.
  const config = JSON.parse(readFileSync(join(copy, '.oxlintrc.json'), 'utf8')) as { options: object };
  writeFileSync(join(copy, '.oxlintrc.json'), JSON.stringify({ ...config, options: {} }));
  for (const [name, text] of files) {
    mkdirSync(join(copy, name, '..'), { recursive: true });
    writeFileSync(join(copy, name), text);
  }
  const program = join(ROOT, 'node_modules/.bin/oxlint');
  const run = promisify(execFile)(program, ['--format', 'json', 'src'], { cwd: copy, maxBuffer: 2 ** 26 });
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
}

test('lint is red for each wrong arrow, and says why', async () => {
  const arrows = wrongArrows();
  const importing = (paths: readonly string[]): string =>
    [
      ...paths.map((path, at) => `import * as m${at} from '${path}';`),
      `export default [${paths.map((_, at) => `m${at}`).join(', ')}];`,
    ].join('\n');
  const files = new Map([...arrows].map(([name, paths]) => [name, importing(paths)]));
  files.set('src/run/one.ts', "import { two } from './two.js';\nexport const one = (): unknown => two;\n");
  files.set('src/run/two.ts', "import { one } from './one.js';\nexport const two = (): unknown => one;\n");
  files.set('src/servers/environment.ts', "export const home = process.env['HOME'];\n");
  const said = await lint(files);

  for (const [name, paths] of arrows) {
    const here = said.filter(({ filename, code }) => filename === name && code.includes('no-restricted-imports'));
    const refused = new Set(here.map(({ message }) => /^'([^']+)'/.exec(message)?.[1]));
    assert.deepEqual(
      paths.filter((path) => !refused.has(path)),
      [],
      name,
    );
    assert(
      here.every(({ help }) => help !== ''),
      `${name}: each with its reason`,
    );
  }
  const of = (name: string): string =>
    said
      .filter(({ filename }) => filename === name)
      .map(({ code }) => code)
      .join();
  assert.match(`${of('src/run/one.ts')} ${of('src/run/two.ts')}`, /no-cycle/);
  assert.match(of('src/servers/environment.ts'), /no-process-env/);
  assert.deepEqual(
    said.filter(({ filename }) => !files.has(filename)).map(({ filename, message }) => `${filename}: ${message}`),
    [],
  );
});

test('a module of ours that is required later is imported for its types, where lint sees it', () => {
  const later: string[] = [];
  for (const text of sources().values())
    for (const [, path = ''] of text.matchAll(/\brequire\('(\.[^']+)'\)/g)) {
      later.push(path);
      assert(text.includes(` from '${path}';`), path);
    }
  assert(later.length > 0);
});

test('no room holds more than a quarter of the lines', () => {
  const rooms = new Map<string, number>();
  for (const [name, text] of sources()) {
    const room = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
    rooms.set(room, (rooms.get(room) ?? 0) + text.split('\n').length);
  }
  const all = [...rooms.values()].reduce((sum, lines) => sum + lines, 0);
  const large = [...rooms].filter(([, lines]) => lines > all / 4);
  assert.deepEqual(large, []);
});

/** The files of the product, by their names in src/. */
function sources(): Map<string, string> {
  const names = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && statSync(join(ROOT, 'src', name)).isFile(),
  );
  return new Map(names.map((name) => [name, readFileSync(join(ROOT, 'src', name), 'utf8')]));
}
