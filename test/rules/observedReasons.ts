/**
 * observedReasons: how transfers failed on a real FTS3 3.13, by protocol and fault, and the class that each should
 * have.
 */
import type { ReasonClass } from '../../dist/rules/reasons.js';

export const OBSERVED: readonly (readonly [fault: string, expected: ReasonClass, reason: string])[] = [
  [
    'gsiftp: no source',
    'permanent',
    'SOURCE [2] globus_ftp_client: the server responded with an error 550 550-GlobusError: v=1 c=PATH_NOT_FOUND  550-GridFTP-Errno: 2  550-GridFTP-Reason: System error in stat  550-GridFTP-Error-String: No such file or directory  550 End.   ',
  ],
  [
    'gsiftp: a wrong checksum given',
    'permanent',
    'TRANSFER [5] TRANSFER CHECKSUM MISMATCH USER_DEFINE and SRC checksums are different. deadbeef != 74d39c90',
  ],
  [
    'gsiftp: a wrong checksum given, target checked only',
    'transient',
    'TRANSFER [5] TRANSFER CHECKSUM MISMATCH USER_DEFINE and DST checksums are different. deadbeef != 74d39c90',
  ],
  [
    'gsiftp: the destination exists',
    'permanent',
    'DESTINATION [17] Destination file exists and overwrite is not enabled',
  ],
  [
    'gsiftp: no right at the destination',
    'auth',
    'TRANSFER [13] TRANSFER  globus_ftp_client: the server responded with an error 500 500-Command failed. : globus_l_gfs_file_open failed.  500-globus_xio: Unable to open file /srv/fts3  500-globus_xio: System error in open: Permission denied  500-globus_xio: A system call failed: Permission denied  500 End.   ',
  ],
  [
    'gsiftp: no right at the source',
    'auth',
    'TRANSFER [13] TRANSFER  globus_ftp_client: the server responded with an error 500 500-Command failed. : globus_l_gfs_file_open failed.  500-globus_xio: Unable to open file /srv/fts3  500-globus_xio: System error in open: Permission denied  500-globus_xio: A system call failed: Permission denied  500 End.   ',
  ],
  [
    'gsiftp: connection refused',
    'transient',
    'SOURCE [70] globus_xio: Unable to connect to localhost:2999 globus_xio: System error in connect: Connection refused globus_xio: A system call failed: Connection refused ',
  ],
  [
    'gsiftp: unknown host',
    'transient',
    'SOURCE [70] globus_xio: Unable to connect to nosuch.example.invalid:2811 globus_xio: globus_libc_getaddrinfo failed. globus_common: Name or service not known ',
  ],
  ['root: no source', 'permanent', 'SOURCE [2] Failed to stat file (No such file or directory)'],
  [
    'root: a wrong checksum given',
    'transient',
    'TRANSFER [84] Error on XrdCl::CopyProcess::Run(): [ERROR] CheckSum error',
  ],
  [
    'root: a wrong checksum given, target checked only',
    'transient',
    'TRANSFER [84] Error on XrdCl::CopyProcess::Run(): [ERROR] CheckSum error',
  ],
  [
    'root: the destination exists',
    'permanent',
    'DESTINATION [17] Destination file exists and overwrite is not enabled',
  ],
  [
    'root: no right at the destination',
    'auth',
    'TRANSFER [13] Error on XrdCl::CopyProcess::Run(): [ERROR] Server responded with an error: [3010] Unable to create /data/noperm/x; permission denied\\x00 (destination)\n',
  ],
  [
    'root: no right at the source',
    'auth',
    'TRANSFER [19] Error on XrdCl::CopyProcess::Run(): [ERROR] Server responded with an error: [3005] [ERROR] Server responded with an error: [3010] Unable to open /data/src/unreadable; permission denied\\x00\n',
  ],
  ['root: unknown host', 'transient', 'SOURCE [113] Failed to stat file (No route to host)'],
  ['davs: no source', 'permanent', 'SOURCE [2] Result HTTP 404 : File not found  after 1 attempts'],
  [
    'davs: a wrong checksum given',
    'permanent',
    'TRANSFER [5] SOURCE CHECKSUM MISMATCH Source and user-defined ADLER32 do not match (74d39c90 != deadbeef)',
  ],
  [
    'davs: a wrong checksum given, target checked only',
    'transient',
    'TRANSFER [5] DESTINATION CHECKSUM MISMATCH User-defined and destination ADLER32 do not match (deadbeef != 74d39c90)',
  ],
  [
    'davs: the destination exists',
    'permanent',
    'DESTINATION [17] Destination file exists and overwrite is not enabled',
  ],
  [
    'davs: no right at the destination',
    'auth',
    'TRANSFER [17] TRANSFER ERROR: Copy failed (3rd pull, 3rd push, streamed). Last attempt: HTTP 403 : Permission refused  (destination)',
  ],
  ['davs: connection refused', 'transient', 'SOURCE [112] Result Could not connect to server after 1 attempts'],
  ['davs: unknown host', 'transient', 'SOURCE [113] Result Domain name resolution failed after 1 attempts'],
  ['mock: no source', 'permanent', 'SOURCE [2] No such file or directory'],
  ['mock: sizes differ after overwriting', 'transient', 'DESTINATION [22] Source and destination file size mismatch'],
  [
    'mock: the destination exists',
    'permanent',
    'DESTINATION [17] Destination file exists and overwrite is not enabled',
  ],
  ['mock: checksums differ', 'transient', 'TRANSFER [5] Source and destination checksums do not match'],
  ['mock: a wrong checksum given', 'permanent', 'TRANSFER [5] User and source checksums do not match'],
  ['mock: disk full', 'config', 'TRANSFER [28] No space left on device'],
  ['mock: time-out', 'transient', 'TRANSFER [110] Connection timed out'],
  ['mock: no right', 'auth', 'TRANSFER [13] Permission denied'],
  ['mock: sizes differ', 'transient', 'DESTINATION [22] Source and destination file size mismatch'],
  ['mock: no source, two retries', 'permanent', 'SOURCE [2] No such file or directory'],
  ['mock: longer than the time-out', 'transient', 'TRANSFER [110] Transfer canceled'],
  ['mock: two retries', 'transient', 'TRANSFER [5] Input/output error'],
];
