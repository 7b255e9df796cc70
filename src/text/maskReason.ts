/**
 * maskReason: a reason without what differs from one transfer to the next, so that like troubles read alike.
 *
 * Job ids, hosts, paths, names of persons, times, sizes and checksums become a word in angle brackets or an N. What
 * tells troubles apart stays: errnos in brackets, HTTP and FTP status codes, other short numbers. For the reader only:
 * nothing is decided by it. Pure.
 */

/** Longer reasons are cut first: FTS keeps 2,048 characters, a storage's echo may be anything. */
const LONGEST_REASON = 4096;
const LONGEST_GIST = 240;

/** In order: each sees what the ones before it have left. */
const DIFFERENCES: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // Bytes that an XRootD server has escaped, and everything that would break the line.
  [/\\x[0-9a-f]{2}|[\s\p{C}]+/giu, ' '],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>;,)\]]+/gi, '<url>'],
  [/\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|UTC|GMT)|[+-]\d\d:?\d\d)?)?/g, '<time>'],
  [
    /\b((Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2},? (\d{4} )?\d\d:\d\d(:\d\d)?( (UTC|GMT|CES?T))?( \d{4})?/g,
    '<time>',
  ],
  [/\b\d\d:\d\d:\d\d([.,]\d+)?/g, '<time>'],
  // The name of a person or a host in a certificate.
  [/(\/(DC|C|O|OU|CN|L|ST|emailAddress)=[^/;,"'<>|()[\]]+?)+(?=[;,"'<>|()[\]]|$| (is|was|has|not|does)\b)/g, '<name>'],
  [/(?<![\w.>)])\/[^\s"'<>;,)\]]*[^\s"'<>;,)\].:]/g, '<path>'],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, '<host>'],
  [/\[[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}\](:\d+)?/gi, '<host>'],
  [/\b(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}(:\d{1,5})?\b|\blocalhost(:\d{1,5})?\b/gi, '<host>'],
  // Sizes, spans of time, counts of tries; two numbers that are held against each other; checksums; long numbers.
  [
    /\b\d+(\.\d+)? ?(?=(bytes?|[kmgtp]?i?b(\/s)?|m?s|sec(ond)?s?|min(ute)?s?|h(ours?)?|days?|attempts?|times|retries|%)(?![a-z]))/gi,
    'N ',
  ],
  [/\b[0-9a-f]+ ?(!=|==|<>|>=?|<=?|vs\.?) ?[0-9a-f]+\b/gi, 'N $1 N'],
  [/\b(0x)?(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, 'N'],
  [/(?<!\[)\b\d{4,}\b/g, 'N'],
  [/ {2,}/g, ' '],
];

/** One line of at most 240 characters; of a longer one the middle is left out, as both ends say what matters. */
export function gist(reason: string): string {
  let text = reason.slice(0, LONGEST_REASON);
  for (const [pattern, instead] of DIFFERENCES) text = text.replace(pattern, instead);
  text = text.trim();
  if (text.length <= LONGEST_GIST) return text;
  const half = Math.floor((LONGEST_GIST - 3) / 2);
  return `${text.slice(0, half).trimEnd()} … ${text.slice(-half).trimStart()}`;
}
