/** refused: why nothing is deleted. */
import { EXIT, Trouble } from '../errors.js';

/** A person must look at what was given before anything of it is deleted. */
export class Refused extends Trouble {
  override name = 'Refused';
  readonly exit = EXIT.person;

  constructor(why: string) {
    super(`Nothing was deleted: ${why}`);
  }
}
