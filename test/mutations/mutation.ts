/** mutation: one wrong program, and the test that must turn red on it. */

export interface Mutation {
  /** What goes wrong, as a phrase. */
  readonly name: string;
  /** Below dist. */
  readonly file: string;
  /** Stands in that file exactly once. */
  readonly from: string;
  readonly to: string;
  /** The test file below build, without ".test.js". */
  readonly red: string;
  /** A part of the name of the test in it that must turn red; without it any. */
  readonly test?: string;
}
