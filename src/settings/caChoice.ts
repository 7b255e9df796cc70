/**
 * caChoice: in which directory the certificates of the authorities stand that servers are checked against.
 *
 * The setting counts first, then X509_CERT_DIR as the grid's own tools take it, then their default. Which of the three
 * it was is kept, as somebody who mends the wrong one wonders why nothing changes.
 */

const DEFAULT_DIRECTORY = '/etc/grid-security/certificates';

export interface CaChoice {
  readonly caDirectory: string;
  readonly caDirectoryFrom: 'fts.ca_directory' | 'X509_CERT_DIR' | 'default';
}

/** `setting`: what the settings file says, if it says anything. An empty X509_CERT_DIR counts as none. */
export function chooseCaDirectory(setting: string | undefined, env: NodeJS.ProcessEnv): CaChoice {
  if (setting !== undefined) return { caDirectory: setting, caDirectoryFrom: 'fts.ca_directory' };
  const named = env['X509_CERT_DIR'] ?? '';
  if (named.trim() !== '') return { caDirectory: named, caDirectoryFrom: 'X509_CERT_DIR' };
  return { caDirectory: DEFAULT_DIRECTORY, caDirectoryFrom: 'default' };
}
