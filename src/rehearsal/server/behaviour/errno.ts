/**
 * errno: what Linux says of the error numbers that stand in file reasons, "SCOPE [errno] text".
 *
 * Node's own texts are libuv's and differ ("i/o error"), so the ones that a storage is likely to give are listed here.
 */

const TEXTS: Readonly<Record<number, string>> = {
  1: 'Operation not permitted',
  2: 'No such file or directory',
  5: 'Input/output error',
  11: 'Resource temporarily unavailable',
  12: 'Cannot allocate memory',
  13: 'Permission denied',
  16: 'Device or resource busy',
  17: 'File exists',
  20: 'Not a directory',
  21: 'Is a directory',
  22: 'Invalid argument',
  27: 'File too large',
  28: 'No space left on device',
  36: 'File name too long',
  61: 'No data available',
  62: 'Timer expired',
  70: 'Communication error on send',
  71: 'Protocol error',
  93: 'Protocol not supported',
  95: 'Operation not supported',
  103: 'Software caused connection abort',
  104: 'Connection reset by peer',
  110: 'Connection timed out',
  111: 'Connection refused',
  112: 'Host is down',
  113: 'No route to host',
  121: 'Remote I/O error',
  122: 'Disk quota exceeded',
  125: 'Operation canceled',
};

/** Trying again cannot help against these; 2, 13, 17 and 28 were seen so on FTS 3.13. */
const UNRECOVERABLE = new Set([1, 2, 7, 13, 17, 20, 21, 28, 36, 93]);

export function strerror(errno: number): string {
  return TEXTS[errno] ?? `Unknown error ${errno}`;
}

export function isRecoverable(errno: number): boolean {
  return !UNRECOVERABLE.has(errno);
}
