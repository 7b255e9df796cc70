/**
 * lfns: the LFNs of a rehearsal.
 *
 * The first thousand are real ones, of LHCb's 2018 CHARM.MDST data. More are made of them with the numbers of other
 * productions, so that they look like what LHCb's bookkeeping would give, and each of them is there once.
 */
import { readFileSync } from 'node:fs';

const REAL = new URL('../../../data/lhcb-charm-2018.list', import.meta.url);
const PRODUCTION = 75555;

/** So many LFNs, the real ones first. */
export function rehearsalLfns(count: number): string[] {
  const real = readFileSync(REAL, 'utf8').split('\n').filter(Boolean);
  return Array.from({ length: count }, (_, index) =>
    ofProduction(real[index % real.length] ?? '', PRODUCTION + 2 * Math.floor(index / real.length)),
  );
}

const ofProduction = (lfn: string, production: number): string => lfn.replaceAll(inLfn(PRODUCTION), inLfn(production));

/** Productions have eight digits in LFNs. */
const inLfn = (production: number): string => String(production).padStart(8, '0');
