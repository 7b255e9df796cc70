/** package: what package.json says, and where the package stands. */
import fs from 'node:fs';
import path from 'node:path';

/** The package's own directory. */
export const PACKAGE = path.resolve(__dirname, '../..');

/** The version in package.json. */
export const version = (): string => description().version;

/** The versions of Node with which it runs, as package.json says: ">=20.19". */
export const wantedNode = (): string => description().engines.node;

function description(): { version: string; engines: { node: string } } {
  return JSON.parse(fs.readFileSync(path.join(PACKAGE, 'package.json'), 'utf8')) as ReturnType<typeof description>;
}
