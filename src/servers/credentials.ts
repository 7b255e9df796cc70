/**
 * credentials: what we log in with, and the tokens that the routes send, each with its end.
 *
 * What cannot be used is told as well, with the reason. Of a token nothing is told but its file, its end and FTS's id
 * of it.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  CredentialError,
  discoverCredential,
  needsCredential,
  readStorageToken,
  vomsAttributes,
} from '../fts3/index.js';
import type { Run } from '../run/program.js';
import { titleOf } from '../settings/route.js';

const SIDES = ['source', 'destination'] as const;

/** A route that sends a token, and for which of its storages. */
export interface TokenUse {
  readonly route: string;
  readonly side: (typeof SIDES)[number];
}

export interface CredentialLife {
  readonly kind: 'proxy' | 'token' | 'storage token';
  /** The file, or the variable; null: there is none that can be used. */
  readonly file: string | null;
  /** None for what we log in with. */
  readonly uses: readonly TokenUse[];
  /** In ms; Infinity: it does not say; 0: it cannot be used. */
  readonly ends: number;
  /** When the file was written, in ms; null: not known. */
  readonly since: number | null;
  /** Its VOMS attributes end before the proxy, and that is its end. */
  readonly isOfVoms: boolean;
  /** Why it cannot be used; else when it ends. */
  readonly why: string;
  /** FTS's id of a token of storages. */
  readonly id: string | null;
}

type Place = Pick<Run, 'settings' | 'env' | 'base' | 'now'>;

/** Ours first, then each token of routes once; always in the same order. */
export const credentialLives = (place: Place): CredentialLife[] => [...ownLife(place), ...tokenLives(place)];

function ownLife({ settings, env, now }: Place): CredentialLife[] {
  const { server, auth } = settings.fts;
  if (!server.some(({ endpoint }) => needsCredential(endpoint))) return [];
  const about = { uses: [], id: null };
  return [
    orUnusable({ ...about, kind: auth === 'token' ? 'token' : 'proxy', file: null }, () => {
      const credential = discoverCredential(env, { auth, uid: process.getuid?.() ?? 0, now: now() });
      const own = credential.expires?.getTime() ?? Infinity;
      // FTS takes a proxy without them for somebody of no VO.
      const voms = credential.kind === 'token' ? null : vomsAttributes(credential)?.expires?.getTime();
      const ends = Math.min(own, voms ?? Infinity);
      const kind = credential.kind === 'token' ? 'token' : 'proxy';
      return { ...about, kind, ...lasting(credential.path, ends), isOfVoms: ends < own };
    }),
  ];
}

function tokenLives({ settings, base, now }: Place): CredentialLife[] {
  const uses = new Map<string, TokenUse[]>();
  for (const route of settings.route)
    for (const side of SIDES) {
      const file = route[`${side}_token_file`];
      if (file === undefined) continue;
      const place = path.resolve(base, file);
      uses.set(place, [...(uses.get(place) ?? []), { route: titleOf(route), side }]);
    }
  return [...uses].map(([file, its]) => {
    const about = { kind: 'storage token', file, uses: its } as const;
    return orUnusable({ ...about, id: null }, () => {
      const { id, expires } = readStorageToken(file, now());
      return { ...about, id, ...lasting(file, expires.getTime()), isOfVoms: false };
    });
  });
}

const lasting = (file: string, ends: number): Pick<CredentialLife, 'file' | 'ends' | 'since' | 'why'> => ({
  file,
  ends,
  since: fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null,
  why: ends === Infinity ? 'it does not say when it ends' : `ends at ${new Date(ends).toISOString()}`,
});

function orUnusable(
  about: Pick<CredentialLife, 'kind' | 'file' | 'uses' | 'id'>,
  read: () => CredentialLife,
): CredentialLife {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { ...about, ends: 0, since: null, isOfVoms: false, why: error.message };
  }
}
