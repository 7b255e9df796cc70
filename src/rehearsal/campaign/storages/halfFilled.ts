/**
 * halfFilled: a destination that an earlier campaign has half filled: FTS overwrites nothing (job.overwrite = false),
 * and what it refuses is looked at (monitor.adopt_existing): the right file is done, another one is named with both
 * values.
 *
 * What stands there is a table that the stand-ins of gfal-stat and gfal-sum read.
 */
import type { Outcome, ScriptedTransfer } from '../../server/options.js';
import { chance } from '../chance.js';
import { lfnOf } from '../scenario.js';
import { exactly, finishedIn, ownOf, type PartCheck, type Done, type Part, type PartContext } from './part.js';

const REFUSED = 'DESTINATION [17] Destination file exists and overwrite is not enabled';
const SHARE_DIFFERENT = 0.04;

/** What stands at the destination. */
interface File {
  readonly size: number;
  /** Eight hexadecimal digits, ADLER32. */
  readonly checksum: string;
}

export class HalfFilled implements Part {
  readonly name = 'half';
  readonly title = 'A destination half filled, davs://half.example.org: job.overwrite = false';
  readonly source = 'srm://castor.example.org:8443/srm/managerv2?SFN=/castor/example.org/prod';
  readonly destination = 'davs://half.example.org/lhcb/prod';
  readonly settings = ['job = { overwrite = false }'];
  readonly lines: readonly string[];
  private readonly world: PartContext;
  private readonly there: ReadonlySet<string>;
  private readonly different: ReadonlySet<string>;
  private writtenOver = 0;

  constructor(world: PartContext, lfns: readonly string[]) {
    this.world = world;
    const drawn = (lfn: string): number => chance(world.seed, 'there before', lfn);
    const mixed = [...lfns].sort((one, other) => drawn(one) - drawn(other));
    const half = Math.floor(lfns.length / 2);
    const few = Math.max(2, Math.round(lfns.length * SHARE_DIFFERENT));
    this.there = new Set(mixed.slice(0, half));
    this.different = new Set(mixed.slice(half, half + few));
    this.lines = lfns.map((lfn) => {
      const { size, checksum } = this.wanted(lfn);
      return `${lfn} ADLER32:${checksum} ${size}`;
    });
  }

  fate(lfn: string): ReturnType<Part['fate']> {
    if (this.there.has(lfn)) return { kind: 'is there' };
    if (this.different.has(lfn)) return { kind: 'stays bad', reason: { class: 'permanent', text: REFUSED } };
    return { kind: 'works' };
  }

  /** FTS says the size of the source, whatever stands there (seen on FTS3 3.13). */
  outcome({ source, overwrite }: ScriptedTransfer): Outcome {
    const lfn = lfnOf(source);
    const { size } = this.wanted(lfn);
    const stands = this.there.has(lfn) || this.different.has(lfn);
    if (stands && !overwrite) return { state: 'FAILED', seconds: 0, reason: REFUSED, recoverable: false, size };
    if (stands) this.writtenOver += 1;
    return { state: 'FINISHED', seconds: 8, size };
  }

  checks({ okay, bad }: Done): PartCheck[] {
    const found = ownOf(this, okay).filter((each) => each.found);
    const both = ownOf(this, bad).filter(({ comment }) => / bytes there, .* expected; /.test(comment?.reason ?? ''));
    const nothing = this.lines.length - this.there.size - this.different.size;
    return [
      exactly(this.there.size, found.length, 'files found there, by their checksums: done, nothing copied'),
      exactly(this.different.size, both.length, 'other files there: in DONE/Bad, with both sizes or checksums'),
      exactly(nothing, finishedIn(this.world.jobs(this)), 'files copied to where nothing stood'),
      exactly(0, this.writtenOver, 'files written over'),
    ];
  }

  /** What stands there, as the stand-ins read it: URL, size and checksum. */
  storage(): string {
    const files = [...this.there, ...this.different].map((lfn) => {
      const { size, checksum } = this.standing(lfn);
      return `${this.destination}${lfn}\t${size}\t${checksum}\n`;
    });
    return files.join('');
  }

  /** Some of the others have another size, some another content only. */
  private standing(lfn: string): File {
    const wanted = this.wanted(lfn);
    if (!this.different.has(lfn)) return wanted;
    return [...this.different].indexOf(lfn) % 2 === 0
      ? { ...wanted, size: wanted.size - 1 }
      : { ...wanted, checksum: this.checksum('another content', lfn) };
  }

  private wanted(lfn: string): File {
    const size = 2 + Math.floor(chance(this.world.seed, 'size', lfn) * 5e9);
    return { size, checksum: this.checksum('content', lfn) };
  }

  private checksum(of: string, lfn: string): string {
    return Math.floor(1 + chance(this.world.seed, of, lfn) * (2 ** 32 - 1))
      .toString(16)
      .padStart(8, '0');
  }
}
