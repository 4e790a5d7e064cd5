import { createHash, randomBytes } from 'node:crypto';
import type { DataDirectory } from '../setup/data-directory.js';
import { writeFileAtomically } from '../setup/private-files.js';

export const notesTokenHashFile = (data: DataDirectory): string => data.file('secrets', 'notes-token.sha256');

/**
 * A new token for the notes server, which knows it by its hash from now on. Whoever asks puts it into the vault and
 * forgets it: it is written nowhere else. When that fails the next token simply takes its place.
 */
export function issueNotesToken(data: DataDirectory): string {
  const token = `notes_${randomBytes(32).toString('base64url')}`;
  writeFileAtomically(notesTokenHashFile(data), createHash('sha256').update(token).digest('base64url'));
  return token;
}
