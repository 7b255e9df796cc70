/**
 * leaseHolder: who holds a lease, and whether that process can still be alive.
 *
 * A pid alone proves nothing: it is used again after a while, and after a reboot at once. So a holder is named by
 * host, boot, pid and the start time of that pid (field 22 of /proc/PID/stat, proc(5)), and by its pid namespace, as
 * two containers of one host may share its name and boot but not see each other's processes.
 *
 * `fate` says "dead" only where that is certain: of a process on this host and boot that is gone, and of every
 * process of an earlier boot of this host. What it cannot see it calls "unknown"; then only the age of the lease
 * counts. Where there is no /proc (macOS) boot and start time are '' and the pid alone decides.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface Holder {
  readonly host: string;
  /** From /proc/sys/kernel/random/boot_id; '' where there is none. */
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks between boot and the start of the process; '' where there is no /proc. */
  readonly startTime: string;
  readonly program: string;
  /** ISO 8601, UTC, by the holder's own clock: for people to read, never compared. */
  readonly since: string;
  /** For example "pid:[4026531836]"; not there where the system has none. */
  readonly pidNamespace?: string;
}

export type Fate = 'alive' | 'dead' | 'unknown';

/** This process as a holder. `C2E_HOST` and `C2E_BOOT_ID` stand in for what the machine says of itself. */
export function thisHolder(program: string, env: NodeJS.ProcessEnv): Holder {
  return {
    host: env['C2E_HOST'] || hostname(),
    bootId: env['C2E_BOOT_ID'] ?? read('/proc/sys/kernel/random/boot_id').trim(),
    pid: process.pid,
    startTime: statFields(process.pid)?.startTime ?? '',
    program,
    since: new Date().toISOString(),
    ...namespaceOfPids(),
  };
}

/** What can be known from here of a holder's process. */
export function fate(holder: Holder, here: Holder): Fate {
  if (holder.host !== here.host) return 'unknown';
  if (holder.bootId !== here.bootId) return 'dead';
  if (isElsewhere(holder.pidNamespace, here.pidNamespace)) return 'unknown';
  if (!existsAsProcess(holder.pid)) return 'dead';
  const fields = statFields(holder.pid);
  if (fields === null) return 'alive'; // hidden from us (hidepid), or no /proc at all
  // A zombie has ended; only nobody has asked for its exit status yet, which may take as long as its parent likes.
  if (fields.state === 'Z' || fields.state === 'X') return 'dead';
  return fields.startTime === holder.startTime ? 'alive' : 'dead';
}

/** A holder from the text of its file; null for anything else, as a power cut may leave any bytes there. */
export function parseHolder(text: string): Holder | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { host, bootId, pid, startTime, program, since, pidNamespace } = value as Record<string, unknown>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return null;
  const texts = [host, bootId, startTime, program, since, pidNamespace ?? ''];
  if (!texts.every((text) => typeof text === 'string')) return null;
  return { host, bootId, pid, startTime, program, since, ...(pidNamespace ? { pidNamespace } : {}) } as Holder;
}

/** "monitor on lxplus901.cern.ch, pid 4711, since 2026-11-24T01:45:30.000Z" */
export function describeHolder(holder: Holder): string {
  return `${holder.program} on ${holder.host}, pid ${holder.pid}, since ${holder.since}`;
}

function existsAsProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // another user's process is a process
  }
}

/** Fields 3 and 22 of /proc/PID/stat. The command, field 2, may hold blanks and brackets: count from its last bracket. */
function statFields(pid: number): { state: string; startTime: string } | null {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined ? null : { state, startTime };
}

function namespaceOfPids(): { pidNamespace?: string } {
  try {
    return { pidNamespace: readlinkSync('/proc/self/ns/pid') };
  } catch {
    return {};
  }
}

function isElsewhere(theirs: string | undefined, ours: string | undefined): boolean {
  return theirs !== undefined && ours !== undefined && theirs !== ours;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
