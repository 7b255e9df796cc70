/**
 * tokens: bearer tokens that nobody has signed, with the claims that FTS wants.
 */

/** Ends so many seconds from now. Claims that are undefined are left out. */
export function bearerToken(seconds: number, claims: object = {}): string {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const usual = { iss: 'https://iam.example.org/', aud: 'fts', scope: 'fts', nbf: 0, sub: 'robot', exp };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ ...usual, ...claims })}.c2lnbmF0dXJl`;
}
