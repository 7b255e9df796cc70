/**
 * lfns: the LFNs of a rehearsal.
 *
 * The first thousand are real ones, of LHCb's 2018 CHARM.MDST data. More are made of them with the numbers of other
 * productions, so that they look like what LHCb's bookkeeping would give, and each of them is there once.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const REAL = path.join(__dirname, '../../../data/lhcb-charm-2018.list');
const PRODUCTION = 75555;

const realLfns = (): string[] => readFileSync(REAL, 'utf8').split('\n').filter(Boolean);

/** So many LFNs, the real ones first. */
export function rehearsalLfns(count: number): string[] {
  const real = realLfns();
  return Array.from({ length: count }, (_, index) =>
    ofProduction(real[index % real.length] ?? '', PRODUCTION + 2 * Math.floor(index / real.length)),
  );
}

/** So many LFNs of a production of their own, hence of a directory of their own; no others have them while they are fewer than 900. */
export const lfnsOfProduction = (production: number, count: number): string[] =>
  realLfns()
    .slice(0, count)
    .map((lfn) => ofProduction(lfn, production));

const ofProduction = (lfn: string, production: number): string => lfn.replaceAll(inLfn(PRODUCTION), inLfn(production));

/** Productions have eight digits in LFNs. */
const inLfn = (production: number): string => String(production).padStart(8, '0');
