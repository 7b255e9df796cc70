/**
 * loopback: the only addresses that a rehearsal server listens on.
 *
 * It believes whoever calls, so nobody from outside may: anything else is refused before a port is opened.
 */
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Throws unless the host is a loopback address or "localhost". */
export function demandLoopback(host: string): void {
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  if (host === 'localhost' || (isIP(host) !== 0 && LOOPBACK.check(host, family))) return;
  throw new Error(`Cannot rehearse on "${host}": a rehearsal server listens on loopback only; use 127.0.0.1`);
}
