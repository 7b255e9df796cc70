/** unreadNames: files that editors, copying and packing leave behind: they are named, not read. */
import path from 'node:path';

const ENDINGS = ['~', '.bak', '.orig', '.old', '.swp', '.tmp', '.part', '.filepart', '.save', '.gz'];
/** What Emacs saves while it edits, and what `sed -i` writes until it is done. */
const FORMS = /^#.*#$|^sed[A-Za-z0-9]{6}$/s;

/** Is this, by its name, no LFN list? */
export function isUnread(file: string): boolean {
  const name = path.basename(file);
  return FORMS.test(name) || ENDINGS.some((ending) => name.endsWith(ending));
}
