/**
 * connections: who is at the other end of each connection, and which of them is which.
 *
 * A certificate that is not to be trusted (no CA of ours, expired, a proxy that is none) ends the connection without an
 * answer, as the real server's handshake does; the client sees "other side closed".
 */
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { readCertificates } from './protocol/certificates.js';
import { callerByHeaders, callerBySocket, callerByToken, NOBODY } from './protocol/identity.js';
import type { Caller } from './protocol/identity.js';

export class Connections {
  private readonly vo: string;
  private readonly takesProxies: boolean;
  private readonly trustedCas: readonly X509Certificate[] | null;
  private readonly sockets = new Set<Socket>();
  private readonly numbers = new WeakMap<Socket, number>();
  private readonly callers = new WeakMap<Socket, Caller>();
  private count = 0;

  /** `takesProxies`: or tokens only, and who comes with a certificate is nobody. */
  constructor(vo: string, ca: string | undefined, takesProxies: boolean) {
    this.vo = vo;
    this.takesProxies = takesProxies;
    this.trustedCas = ca === undefined ? null : readCertificates(ca);
  }

  /** The CAs whose users may call; null over http. */
  get cas(): readonly X509Certificate[] | null {
    return this.trustedCas;
  }

  /** A connection is made: below TLS, if there is any. */
  hold(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }

  /** Ends every connection, also those that have not asked anything yet. */
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** A connection is made, or its handshake is done. */
  open(socket: Socket): void {
    this.numbers.set(socket, (this.count += 1));
    if (this.trustedCas === null) return;
    try {
      // Certificates live by the world's clock, also where the server's is moved by hand.
      this.callers.set(socket, callerBySocket(socket as TLSSocket, this.vo, this.trustedCas, Date.now()));
    } catch {
      socket.destroy();
    }
  }

  /** Whether requests of it are heard: what was sent behind a refused handshake may still come in. */
  isOpen(socket: Socket): boolean {
    return this.trustedCas === null || this.callers.has(socket);
  }

  number(socket: Socket): number {
    return this.numbers.get(socket) ?? 0;
  }

  /** Who sends this request: by the token, and if FTS does not believe that, by the certificate. */
  caller(request: IncomingMessage, now: number): Caller {
    const token = /^Bearer\s+(\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    const bearer = token === undefined ? null : callerByToken(token, this.vo, now);
    const holder = this.callers.get(request.socket);
    if (holder !== undefined && !this.takesProxies) return bearer ?? NOBODY;
    return bearer ?? holder ?? callerByHeaders(request.headers, this.vo);
  }
}
