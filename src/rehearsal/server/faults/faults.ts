/**
 * faults: which fault meets a request.
 *
 * Each fault has a name (it stands in the history beside the request that it met) and an off switch. The first that
 * fits meets the request; what it then does is in misbehaviour.ts.
 */
import type { Fault, HistoryEntry } from '../options.js';

export class Faults {
  private faults: readonly Fault[] = [];
  /** How often each fault's condition has fitted. */
  private fitted = new Map<Fault, number>();

  set(faults: readonly Fault[]): void {
    this.faults = faults;
    this.fitted = new Map();
  }

  /** The fault that meets a request. */
  meet(request: HistoryEntry): Fault | undefined {
    return this.faults.find((fault) => fault.does !== 'refuse' && this.meets(fault, request));
  }

  /** Whether a new connection is refused; `request` has nothing but its number and time. */
  refuses(request: HistoryEntry): boolean {
    return this.faults.some((fault) => fault.does === 'refuse' && this.meets(fault, request));
  }

  private meets(fault: Fault, request: HistoryEntry): boolean {
    const { when } = fault;
    if (fault.off === true) return false;
    if (typeof when === 'function') return when(request);
    if (fault.does !== 'refuse' && !fits(when, request)) return false;
    const count = (this.fitted.get(fault) ?? 0) + 1;
    this.fitted.set(fault, count);
    const after = when.after ?? 0;
    return count > after && count <= after + (when.times ?? Infinity);
  }
}

function fits(when: { readonly method?: string; readonly path?: RegExp }, request: HistoryEntry): boolean {
  if (when.method !== undefined && when.method !== request.method) return false;
  return (
    when.path === undefined || new RegExp(when.path.source, when.path.flags.replace(/[gy]/g, '')).test(request.path)
  );
}
