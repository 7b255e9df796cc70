/**
 * directories: each directory that paths lie in once, by a number, so that a record has only the rest of its path.
 *
 * When there are too many, further ones get no number, and their records have whole paths.
 */
const MOST = 500_000;
const MOST_WORDS = 8 * 1024 * 1024;
/** Which bytes of a word count, of so many. */
const MASKS = new Uint32Array([0xffffffff, 0xff, 0xffff, 0xffffff]);

/** Of bytes that begin a word; what stands behind them in the last word does not count. */
export function hashOf(words: Uint32Array, first: number, bytes: number): number {
  let hash = bytes;
  const last = first + (bytes >> 2);
  for (let at = first; at < last; at++) {
    hash = Math.imul(hash ^ (words[at] ?? 0), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  if ((bytes & 3) !== 0) {
    hash = Math.imul(hash ^ ((words[last] ?? 0) & (MASKS[bytes & 3] ?? 0)), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export class Directories {
  private texts = new Uint32Array(64 * 1024);
  private used = 0;
  private table = new Int32Array(4096);
  /** By number; 0 is none. */
  private readonly starts = [0];
  private readonly lengths = [-1];
  private readonly hashes = [0];
  private last = 0;

  /** The numbers here of the directories of others, by theirs. None of them is one too many. */
  take(others: Directories): Uint32Array {
    const numbers = new Uint32Array(others.starts.length);
    for (let number = 1; number < numbers.length; number++)
      numbers[number] = this.numberOf(others.texts, others.starts[number] ?? 0, others.lengths[number] ?? 0, true);
    return numbers;
  }

  /** As another thread has sent them. */
  static from(sent: object): Directories {
    return Object.assign(new Directories(), sent);
  }

  /** The number of the directory in these bytes, which begin a word; 0: it has none. */
  numberOf(words: Uint32Array, first: number, bytes: number, isUnlimited = false): number {
    // Most paths lie where the one before lies.
    if (this.isSame(this.last, words, first, bytes)) return this.last;
    const hash = hashOf(words, first, bytes);
    const mask = this.table.length - 1;
    let slot = hash & mask;
    for (; this.table[slot] !== 0; slot = (slot + 1) & mask) {
      const number = this.table[slot] ?? 0;
      if (this.hashes[number] === hash && this.isSame(number, words, first, bytes)) return (this.last = number);
    }
    if (!isUnlimited && (this.starts.length > MOST || this.used + (bytes >> 2) >= MOST_WORDS)) return 0;
    return this.insert(slot, hash, words, first, bytes);
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

  private isSame(number: number, words: Uint32Array, first: number, bytes: number): boolean {
    if (this.lengths[number] !== bytes) return false;
    const { texts } = this;
    const start = this.starts[number] ?? 0;
    const whole = bytes >> 2;
    for (let at = 0; at < whole; at++) if (texts[start + at] !== words[first + at]) return false;
    return (bytes & 3) === 0 || texts[start + whole] === ((words[first + whole] ?? 0) & (MASKS[bytes & 3] ?? 0)) >>> 0;
  }

  private insert(slot: number, hash: number, words: Uint32Array, first: number, bytes: number): number {
    const length = (bytes + 3) >> 2;
    while (this.used + length > this.texts.length) {
      const larger = new Uint32Array(this.texts.length * 2);
      larger.set(this.texts);
      this.texts = larger;
    }
    const number = this.starts.push(this.used) - 1;
    this.lengths.push(bytes);
    this.hashes.push(hash);
    for (let at = 0; at < length; at++) this.texts[this.used + at] = words[first + at] ?? 0;
    const last = this.used + length - 1;
    this.texts[last] = (this.texts[last] ?? 0) & (MASKS[bytes & 3] ?? 0);
    this.used += length;
    this.table[slot] = number;
    if (number * 2 > this.table.length) this.growTable();
    return (this.last = number);
  }

  private growTable(): void {
    this.table = new Int32Array(this.table.length * 2);
    const mask = this.table.length - 1;
    for (let number = 1; number < this.starts.length; number++) {
      let slot = (this.hashes[number] ?? 0) & mask;
      while (this.table[slot] !== 0) slot = (slot + 1) & mask;
      this.table[slot] = number;
    }
  }
}
