/**
 * lines: random lines of LFN lists, each with what is to become of it.
 *
 * What becomes of a transfer stands in the last part of its LFN: `…/okay` finishes, `…/gone` has no source, `…/again`
 * fails the first time, `…/stubborn` always. So LFNs differ in what stands before, and all base names are alike.
 */
import fc from 'fast-check';

export interface Line {
  /** Without its newline. */
  readonly text: string;
  /** Null: it is a comment, or no LFN. */
  readonly lfn: string | null;
  readonly isBad: boolean;
}

const fate = fc.oneof(
  { weight: 4, arbitrary: fc.constant('okay') },
  { weight: 3, arbitrary: fc.constantFrom('gone', 'again') },
  { weight: 1, arbitrary: fc.constant('stubborn') },
);
const directory = fc.uuid().map((uuid) => uuid.slice(0, 13));
/** Some are nearly as long as FTS takes them. */
const depth = fc.oneof(
  { weight: 9, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ max: 80, min: 1 }) },
);
const lfn = fc
  .tuple(directory, depth, fate)
  .map(([file, more, end]) => `/lhcb/${file}${'/2018-data'.repeat(more)}/${end}`);

const SHAPES: readonly ((lfn: string) => string)[] = [
  (one) => one,
  (one) => one,
  (one) => `LFN:${one}`,
  (one) => `  ${one} `,
  (one) => `${one}\r`,
  (one) => `${one}  ADLER32:0a1b2c3d  1000`,
  (one) => `${one}\t-\t12`,
];

const good = fc.tuple(lfn, fc.constantFrom(...SHAPES)).map(([one, shape]): Line => ({
  text: shape(one),
  lfn: one,
  isBad: false,
}));

const comment = fc
  .constantFrom('', '   ', '# a comment', '#', '\r')
  .map((text): Line => ({ text, lfn: null, isBad: false }));

const bad = fc
  .constantFrom(
    'no LFN',
    'relative/okay',
    'LFN:relative/okay',
    '/lhcb/with blank/okay',
    '/lhcb/bell\u0007/okay',
    '/lhcb/turned\u202e/okay',
    '//',
    `/lhcb/${'long'.repeat(300)}/okay`,
    '/lhcb/one/okay NOSUM 1 2 3',
    'srm://castor.example.org/whole/okay',
  )
  .map((text): Line => ({ text, lfn: null, isBad: true }));

const line = fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: comment }, { weight: 1, arbitrary: bad });

/** Now and then a line stands there twice. */
const repeated = fc
  .tuple(line, fc.nat({ max: 9 }))
  .map(([one, times]) => (times === 9 && one.lfn !== null ? [one, one] : [one]));

/** Not bad ones alone: a file of these is none of LFNs, and nobody here would mend it. */
export const lines = (least: number, most: number): fc.Arbitrary<Line[]> =>
  fc
    .array(repeated, { minLength: least, maxLength: most })
    .map((groups) => groups.flat())
    .filter((all) => !all.some(({ isBad }) => isBad) || all.some(({ lfn: one }) => one !== null));
