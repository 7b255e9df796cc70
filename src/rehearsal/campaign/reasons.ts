/**
 * reasons: why transfers fail in a rehearsal, in the words of FTS (most of them seen on FTS3 3.13 with gsiftp).
 *
 * The class is what a person should read beside the reason. It is written down here by hand and not taken from the
 * toolkit's table of reasons, so that a rehearsal finds a table that has come to say something else.
 */

export interface Reason {
  readonly class: 'permanent' | 'transient' | 'auth' | 'config';
  readonly text: string;
}

const permanent = (text: string): Reason => ({ class: 'permanent', text });
const transient = (text: string): Reason => ({ class: 'transient', text });

const GRIDFTP = 'globus_ftp_client: the server responded with an error';

/** The file will not succeed by repeating: DONE/Bad at the first FINISHEDDIRTY job. */
export const PERMANENT: readonly Reason[] = [
  permanent('500 No such file or directory'),
  permanent(
    `SOURCE [2] ${GRIDFTP} 550 550-GlobusError: v=1 c=PATH_NOT_FOUND  550-GridFTP-Errno: 2  550-GridFTP-Reason: System error in stat  550-GridFTP-Error-String: No such file or directory  550 End.   `,
  ),
  permanent(
    'SOURCE [2] srm-ifce err: No such file or directory, err: [SE][Ls][SRM_INVALID_PATH] No such file or directory',
  ),
  permanent(
    'TRANSFER [5] TRANSFER CHECKSUM MISMATCH USER_DEFINE and SRC checksums are different. deadbeef != 74d39c90',
  ),
];

/** It may succeed by repeating. */
export const PASSING: readonly Reason[] = [
  transient('TRANSFER [110] Connection timed out'),
  transient(
    'SOURCE [70] globus_xio: Unable to connect to castor.example.org:2811 globus_xio: System error in connect: Connection refused globus_xio: A system call failed: Connection refused ',
  ),
  transient(`DESTINATION [70] ${GRIDFTP} 421 421 Service busy: Connection limit exceeded. Please try again later. `),
  transient(
    'TRANSFER [5] TRANSFER CHECKSUM MISMATCH USER_DEFINE and DST checksums are different. deadbeef != 74d39c90',
  ),
];

/** It could succeed by repeating, and never does: DONE/Bad after more than three failures. */
export const LASTING: readonly Reason[] = [
  ...PASSING,
  {
    class: 'auth',
    text: `TRANSFER [13] TRANSFER  ${GRIDFTP} 500 500-Command failed. : globus_l_gfs_file_open failed.  500-globus_xio: Unable to open file  500-globus_xio: System error in open: Permission denied  500-globus_xio: A system call failed: Permission denied  500 End.   `,
  },
  { class: 'config', text: 'TRANSFER [28] No space left on device' },
];
