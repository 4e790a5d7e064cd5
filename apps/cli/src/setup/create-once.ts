import { existsSync } from 'node:fs';
import { writeFileAtomically } from './private-files.js';

/**
 * Writes a generated value unless it is there already: each value is one file that appears whole, so a set-up that was
 * interrupted goes on where it stopped and never replaces what others may already depend on.
 */
export function createOnce(file: string, generate: () => string): void {
  if (!existsSync(file)) writeFileAtomically(file, generate());
}
