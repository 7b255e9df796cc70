/**
 * tokens: bearer tokens, as FTS 3.13 takes them: that of the caller, and those of the storages in a submission.
 *
 * Signatures are not looked at. As seen there: a caller's token that is over, of no issuer or no audience is no error,
 * the caller is nobody; a storage's token is refused with 400; both lists or none; and once a file has them, a file
 * without gets none and waits for ever.
 */
import { createHash } from 'node:crypto';

import { badRequest, internalError } from './answer.js';

/** What a file is copied with; `none`: it never gets a token, so it never begins. */
export type StorageTokens = { readonly source: string; readonly destination: string } | 'none';

export type Claims = Readonly<Record<string, unknown>>;

type Json = Readonly<Record<string, unknown>>;

/** Without any where it is no JWT. */
export function claimsOf(token: string): Claims {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : {};
  } catch {
    return {};
  }
}

/** By which FTS knows a token: `src_token_id`, `dst_token_id`. */
export const tokenId = (token: string): string => createHash('sha1').update(token).digest('hex').slice(0, 16);

export const scopesOf = (claims: Claims): string[] => textOf(claims['scope']).split(' ').filter(Boolean).sort();

export const isValidNow = (claims: Claims, now: number): boolean =>
  Number(claims['exp']) * 1000 >= now && Number(claims['nbf'] ?? 0) * 1000 <= now;

/** What FTS asks of the caller's token when it stores it with a job. */
export function demandClaims(token: string): void {
  for (const claim of ['nbf', 'scope'])
    if (claimsOf(token)[claim] === undefined) throw badRequest(`Token does not contain a ${claim} claim`);
}

/** The storages' tokens of each file; null: no file of the submission has any, so that the caller's serve. */
export function readTokens(files: readonly Json[], now: number): readonly StorageTokens[] | null {
  if (!files.some((file) => 'source_tokens' in file || 'destination_tokens' in file)) return null;
  return files.map((file) => readFileTokens(file, now));
}

function readFileTokens(file: Json, now: number): StorageTokens {
  const [given, wanted] = [listOf(file['source_tokens']), listOf(file['destination_tokens'])];
  if ((given === null) !== (wanted === null))
    throw badRequest('Both source_tokens and destination_tokens are required if one of them is present.');
  if (given === null || wanted === null || given.length + wanted.length === 0) return 'none';
  const source = readOne(given, file, 'source', now);
  return { source, destination: readOne(wanted, file, 'destination', now) };
}

/** The token of the first source stands for all: rehearsals have one source. */
function readOne(tokens: readonly unknown[], file: Json, side: 'source' | 'destination', now: number): string {
  const urls = listOf(file[`${side}s`]) ?? [];
  if (tokens.length !== urls.length)
    throw badRequest(`Length of ${side}_tokens should be equal to the length of ${side}s.`);
  for (const [index, token] of tokens.entries()) {
    if (token === '') throw badRequest(`Token for ${side} '${textOf(urls[index])}' is missing.`);
    if (typeof token !== 'string') throw internalError();
    const claims = claimsOf(token);
    if (claims['iss'] === undefined) throw badRequest('Token does not contain an iss claim');
    if (!isValidNow(claims, now)) throw badRequest('Failed to validate access-token');
  }
  return textOf(tokens[0]);
}

const listOf = (value: unknown): readonly unknown[] | null => (Array.isArray(value) ? (value as unknown[]) : null);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
