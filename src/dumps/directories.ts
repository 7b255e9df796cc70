/**
 * directories: each directory that paths lie in once, by a number, so that a record has only the rest of its path.
 *
 * When there are too many, further ones get no number, and their records have whole paths.
 */
const MOST = 500_000;
const MOST_WORDS = 8 * 1024 * 1024;
/** Which bytes of the last word count, of so many bytes. */
const MASKS = new Int32Array([-1, 0xff, 0xffff, 0xffffff]);

/** The hash of some bytes: `mixed` word by word, of the last one only what counts, then `finished`. */
export function hashOf(view: DataView, from: number, bytes: number): number {
  let hash = 0;
  const last = from + (bytes & ~3);
  for (let at = from; at < last; at += 4) hash = mixed(hash, view.getInt32(at, true));
  if ((bytes & 3) !== 0) hash = mixed(hash, lastWord(view.getInt32(last, true), bytes));
  return finished(hash, bytes);
}

export function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x85ebca6b);
  return product ^ (product >>> 13);
}

export function finished(hash: number, bytes: number): number {
  const product = Math.imul(hash ^ bytes ^ (hash >>> 16), 0xc2b2ae35);
  return product ^ (product >>> 16);
}

/** What of the last word of so many bytes belongs to them, zeros behind it. */
export const lastWord = (word: number, bytes: number): number => word & (MASKS[bytes & 3] ?? 0);

export class Directories {
  private texts = new Int32Array(1024);
  private used = 0;
  private table = new Int32Array(256);
  /** By number; 0 is none. */
  private readonly starts = [0];
  private readonly lengths = [-1];
  private readonly hashes = [0];

  /** The numbers here of the directories of others, by theirs. None of them is one too many. */
  take(others: Directories): Int32Array {
    const numbers = new Int32Array(others.starts.length);
    const view = new DataView(others.texts.buffer);
    for (let number = 1; number < numbers.length; number++)
      numbers[number] = this.numberOf(view, (others.starts[number] ?? 0) << 2, others.lengths[number] ?? 0, true);
    return numbers;
  }

  /** As another thread has sent them. */
  static from(sent: object): Directories {
    return Object.assign(new Directories(), sent);
  }

  /** The number of the directory in these bytes; 0: it has none, as there are too many. */
  numberOf(view: DataView, from: number, bytes: number, isUnlimited = false): number {
    const hash = hashOf(view, from, bytes);
    const known = this.find(view, from, bytes, hash);
    if (known !== 0) return known;
    if (!isUnlimited && (this.starts.length > MOST || this.used + (bytes >> 2) >= MOST_WORDS)) return 0;
    return this.insert(hash, view, from, bytes);
  }

  /** As `numberOf`, of bytes with this hash; 0: they are not known. */
  find(view: DataView, from: number, bytes: number, hash: number): number {
    const { table, hashes } = this;
    const mask = table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = table[slot] ?? 0;
      if (number === 0 || (hashes[number] === hash && this.isSame(number, view, from, bytes))) return number;
    }
  }

  hash(number: number): number {
    return this.hashes[number] ?? 0;
  }

  /** With the slash at its end; each character is a byte. */
  text(number: number): string {
    if (number === 0) return '';
    const bytes = Buffer.from(this.texts.buffer, (this.starts[number] ?? 0) << 2, this.lengths[number]);
    return bytes.toString('latin1');
  }

  private isSame(number: number, view: DataView, from: number, bytes: number): boolean {
    if (this.lengths[number] !== bytes) return false;
    const { texts } = this;
    let word = this.starts[number] ?? 0;
    const last = from + (bytes & ~3);
    for (let at = from; at < last; at += 4) if (texts[word++] !== view.getInt32(at, true)) return false;
    return (bytes & 3) === 0 || texts[word] === lastWord(view.getInt32(last, true), bytes);
  }

  private insert(hash: number, view: DataView, from: number, bytes: number): number {
    const length = (bytes + 3) >> 2;
    while (this.used + length > this.texts.length) {
      const larger = new Int32Array(this.texts.length * 2);
      larger.set(this.texts);
      this.texts = larger;
    }
    const number = this.starts.push(this.used) - 1;
    this.lengths.push(bytes);
    this.hashes.push(hash);
    for (let word = 0; word < length; word++) this.texts[this.used + word] = view.getInt32(from + 4 * word, true);
    const last = this.used + length - 1;
    this.texts[last] = lastWord(this.texts[last] ?? 0, bytes);
    this.used += length;
    if (number * 2 > this.table.length) this.table = new Int32Array(this.table.length * 2);
    else return this.enter(number);
    for (let each = 1; each < number; each++) this.enter(each);
    return this.enter(number);
  }

  private enter(number: number): number {
    const mask = this.table.length - 1;
    let slot = (this.hashes[number] ?? 0) & mask;
    while (this.table[slot] !== 0) slot = (slot + 1) & mask;
    return (this.table[slot] = number);
  }
}
