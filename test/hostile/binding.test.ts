/**
 * binding: a Node that cannot load SQLite's binding, in a copy of the shipped tree with a binding that is none.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { choice, Campaign, lfnsOf, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const SHIPPED = fileURLToPath(new URL('../..', import.meta.url));
const SQLITE = 'node_modules/better-sqlite3';
const BINDING = `${SQLITE}/build/Release/better_sqlite3.node`;

/** The tree with another binding; null: none. */
function treeWith(binding: Buffer | null): string {
  const tree = temporaryDirectory();
  for (const name of ['dist', 'data', 'package.json'])
    fs.cpSync(join(SHIPPED, name), join(tree, name), { recursive: true });
  fs.mkdirSync(join(tree, SQLITE, 'build/Release'), { recursive: true });
  const modules = fs.realpathSync(join(SHIPPED, 'node_modules'));
  for (const name of fs.readdirSync(modules))
    if (name !== 'better-sqlite3') fs.symlinkSync(join(modules, name), join(tree, 'node_modules', name));
  for (const name of ['lib', 'package.json'])
    fs.cpSync(join(modules, 'better-sqlite3', name), join(tree, SQLITE, name), { recursive: true });
  if (binding !== null) fs.writeFileSync(join(tree, BINDING), binding);
  return tree;
}

/** The binding as it would be for another major version: its number stands in a symbol's name and in a struct. */
function builtFor(abi: number): Buffer {
  const { modules } = process.versions;
  const bytes = fs.readFileSync(join(SHIPPED, BINDING));
  const name = Buffer.from(`node_register_module_v${modules}`);
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1))
    bytes.write(`node_register_module_v${abi}`, at);
  const number = Buffer.alloc(8);
  number.writeUInt32LE(Number(modules));
  for (let at = bytes.indexOf(number); at >= 0; at = bytes.indexOf(number, at + 1))
    if (at % 8 === 0) bytes.writeUInt32LE(abi, at);
  return bytes;
}

const CASES: readonly [what: string, binding: () => Buffer | null, why: RegExp][] = [
  ['is missing', () => null, /: it was not found; run `npm ci`/],
  [
    'was built for another Node',
    () => builtFor(999),
    /: it was built for Node of NODE_MODULE_VERSION 999; put the dir/,
  ],
  [
    'was built for Node 22',
    () => builtFor(127),
    /: it was built for Node 22; put the directory of Node 22 first in PATH/,
  ],
  [
    'is damaged',
    () => Buffer.from('rubbish'),
    /: it is damaged, or of another kind of machine \(.*too short\); run `npm ci`/,
  ],
];

describe('a binding of SQLite that', { concurrency: 2 }, () => {
  for (const [what, binding, why] of CASES)
    test(`${what} is said to be so; nothing is called damaged, and status and doctor run`, async () => {
      const tree = treeWith(binding());
      const ral = await rehearsalServer('RAL');
      const campaign = new Campaign([choice(ral)]);
      campaign.lfns('input.list', lfnsOf('x'));
      await campaign.run('producer');
      campaign.put('DONE/Okay', listName(1), ['/lhcb/a', '/lhcb/b', '/lhcb/c']);
      const before = campaign.rows('SELECT * FROM list');
      const script = (program: string): string => join(tree, 'dist', `${program}.js`);
      const says = async (program: string, ...args: string[]): Promise<string> => {
        const { exit, stdout, stderr } = await run(script(program), { base: campaign.base, args });
        const text = `${stdout}${stderr}`.replaceAll(/\s+/g, ' ');
        assert.doesNotMatch(text, /repair\.js|nothing to do| at .*\.js:/);
        if (program !== 'misc/doctor') assert.match(text, why);
        assert.ok(text.includes(process.version) && text.includes(process.execPath), text);
        assert.equal(exit, 4, text);
        return text;
      };
      await says('producer');
      assert.match(await says('status'), /TODO 2 1 DOING 0 0 DONE\/Okay 3 1 .*! Cannot load SQLite's binding/);
      // They meet it where the producer does, whatever is wrong with it.
      if (what === 'is missing') {
        for (const program of ['consumer', 'monitor', 'misc/audit']) await says(program);
        await says('misc/repair', '--yes');
        assert.match(await says('misc/doctor'), /failed database Cannot load SQLite's binding .* ok RAL/);
        const { stdout } = await run(script('status'), { base: campaign.base, args: ['--json'] });
        const report = JSON.parse(stdout) as Record<string, unknown>;
        assert.deepEqual([report['exit'], report['lists']], [4, { todo: 1, doing: 0, okay: 1, bad: 0 }]);
      }
      assert.deepEqual(campaign.rows('SELECT * FROM list'), before);
    });
});
