/**
 * disk: a model of a disk that loses power.
 *
 * A file has the content of its last fsync and what was written since; a directory has the entries of its last fsync
 * and those that have changed since. After a power cut any subset of the changed entries may be there, in any
 * directory, whatever was changed first; and of a file its synced content, that of any later write, or half of it. That
 * is worse than any journalling file system. Of a file's fsync its name gains nothing, of a directory's fsync only its
 * own entries.
 *
 * A rename within or between directories is one change (`whole`), as ext4, XFS and Btrfs write it in one transaction
 * and as a file server carries it out; or it is two (`torn`): for a while both names may be there. What neither has is
 * a disk that writes the removal of the old name by itself before the new name: there no program could move a file.
 */
import type { Operation } from './operation.js';

/** Every path below the base directory with its content (latin1), or null for a directory. */
export type Tree = ReadonlyMap<string, string | null>;

export type Renames = 'whole' | 'torn';

interface Node {
  /** Null: a directory. */
  synced: string | null;
  written: string[];
}

interface Link {
  readonly directory: number;
  readonly name: string;
  /** Null: the name is removed. */
  readonly node: number | null;
}

interface Change {
  readonly links: readonly Link[];
  /** Is never on the disk without that one, unless it was synced. */
  readonly needs: Change | null;
  synced: boolean;
}

type Entries = Map<number, Map<string, number>>;

const ROOT = 0;

/** So many unsynced changes give 4,096 subsets; no transition has more, and a batch has that of several, one like the other. */
const MOST_UNSYNCED = 12;

export class Disk {
  private readonly nodes: Node[] = [{ synced: null, written: [] }];
  private readonly changes: Change[] = [];
  private readonly renames: Renames;

  /** A disk on which all of this has long been written. */
  constructor(tree: Tree, renames: Renames) {
    this.renames = renames;
    for (const [path, content] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1)))
      this.change([this.link(path, this.newNode(content))]).synced = true;
  }

  apply(operation: Operation): void {
    switch (operation.op) {
      case 'create':
        this.change([this.link(operation.path, this.newNode(''))]);
        return;
      case 'mkdir':
        this.change([this.link(operation.path, this.newNode(null))]);
        return;
      case 'content':
        this.node(operation.path).written.push(operation.content);
        return;
      case 'fsync':
        return this.fsync(operation.path);
      case 'unlink':
        this.change([this.link(operation.path, null)]);
        return;
      case 'rename':
        return this.rename(operation.from, operation.to);
      case 'commit':
      case 'request':
      case 'unknown':
        return;
    }
  }

  /** What a program sees: nothing is dropped. */
  whole(): Tree {
    return (
      this.tree(
        this.entries(() => true),
        () => 'last',
      ).next().value ?? new Map()
    );
  }

  /** Every state in which a power cut may leave the disk now, some of them more than once. */
  *afterPowerCut(): Generator<Tree, void> {
    const unsynced = this.changes.filter((change) => !change.synced);
    if (unsynced.length > MOST_UNSYNCED) throw new Error(`${unsynced.length} changes are not synced: too many to try`);
    for (let subset = 0; subset < 2 ** unsynced.length; subset += 1) {
      const kept = new Set(unsynced.filter((_, bit) => (subset >> bit) % 2 === 1));
      if ([...kept].some(({ needs }) => needs !== null && !needs.synced && !kept.has(needs))) continue;
      yield* this.tree(
        this.entries((change) => change.synced || kept.has(change)),
        () => 'any',
      );
    }
  }

  /** What is not yet certain to outlive a power cut: nothing, once a program has ended. */
  unsynced(): string[] {
    const entries = this.changes.filter(({ synced }) => !synced).flatMap(({ links }) => links.map(({ name }) => name));
    const reachable = new Set([...this.entries(() => true).values()].flatMap((names) => [...names.values()]));
    const files = this.nodes.filter(({ written }, node) => written.length > 0 && reachable.has(node));
    return [...entries, ...files.map(() => 'the content of a file')];
  }

  private newNode(content: string | null): number {
    return this.nodes.push({ synced: content, written: [] }) - 1;
  }

  private change(links: readonly Link[], needs: Change | null = null): Change {
    const change = { links, needs, synced: false };
    this.changes.push(change);
    return change;
  }

  private rename(from: string, to: string): void {
    const node = this.find(from);
    const [arrives, leaves] = [this.link(to, node), this.link(from, null)];
    if (this.renames === 'whole') this.change([arrives, leaves]);
    else this.change([leaves], this.change([arrives]));
  }

  private fsync(path: string): void {
    const found = this.find(path);
    const node = this.nodes[found];
    if (node === undefined) throw new Error(`There is no ${path}`);
    if (node.synced === null)
      for (const change of this.changes) change.synced ||= change.links.some(({ directory }) => directory === found);
    else node.synced = node.written.at(-1) ?? node.synced;
    node.written = [];
  }

  private link(path: string, node: number | null): Link {
    const slash = path.lastIndexOf('/');
    return { directory: this.find(path.slice(0, Math.max(slash, 0))), name: path.slice(slash + 1), node };
  }

  private node(path: string): Node {
    const node = this.nodes[this.find(path)];
    if (node === undefined) throw new Error(`There is no ${path}`);
    return node;
  }

  /** As a program sees it. */
  private find(path: string): number {
    const entries = this.entries(() => true);
    const parts = path === '' ? [] : path.split('/');
    return parts.reduce((directory, name) => {
      const node = entries.get(directory)?.get(name);
      if (node === undefined) throw new Error(`There is no ${path}`);
      return node;
    }, ROOT);
  }

  private entries(isKept: (change: Change) => boolean): Entries {
    const entries: Entries = new Map();
    for (const { directory, name, node } of this.changes.filter(isKept).flatMap(({ links }) => links)) {
      const names = entries.get(directory) ?? new Map<string, number>();
      entries.set(directory, names);
      if (node === null) names.delete(name);
      else names.set(name, node);
    }
    return entries;
  }

  /** One tree for each content that the files may have. */
  private *tree(entries: Entries, which: () => 'last' | 'any'): Generator<Tree, void> {
    const paths = [...walk(entries, ROOT, '')];
    yield* this.contents(paths, which(), 0, new Map());
  }

  private *contents(
    paths: readonly (readonly [string, number])[],
    which: 'last' | 'any',
    index: number,
    tree: Map<string, string | null>,
  ): Generator<Tree, void> {
    const [path, node] = paths[index] ?? [];
    if (path === undefined || node === undefined) return yield new Map(tree);
    for (const content of this.mayHold(node, which)) {
      tree.set(path, content);
      yield* this.contents(paths, which, index + 1, tree);
    }
  }

  private mayHold(node: number, which: 'last' | 'any'): (string | null)[] {
    const { synced, written } = this.nodes[node] ?? { synced: null, written: [] };
    if (which === 'last') return [written.at(-1) ?? synced];
    const halves = written.map((content) => content.slice(0, content.length / 2));
    return [...new Set([synced, ...written, ...halves])];
  }
}

function* walk(entries: Entries, directory: number, path: string): Generator<readonly [string, number]> {
  for (const [name, node] of entries.get(directory) ?? []) {
    const below = path === '' ? name : `${path}/${name}`;
    yield [below, node];
    yield* walk(entries, node, below);
  }
}
