import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../setup/private-files.js';

/**
 * Files of a deployed installation, one directory per part, since a container mounts exactly its own directory. Every
 * directory is 0700 and every file 0600.
 */
export class InstallationFiles {
  constructor(readonly root: string) {}

  write(file: string, content: string): void {
    writeFileAtomically(this.#room(file), content);
  }

  /** Moves what was generated elsewhere: a secret is in one place only. */
  take(source: string, file: string): void {
    renameSync(source, this.#room(file));
  }

  copy(source: string, file: string): void {
    copyFileSync(source, this.#room(file));
  }

  directory(name: string): void {
    mkdirSync(join(this.root, name), { recursive: true, mode: 0o700 });
  }

  #room(file: string): string {
    const path = join(this.root, file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return path;
  }
}

/** Removes the directory in which things were generated. Throws if one of them was given no place. */
export function removeEmptied(directory: string): void {
  const left = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  if (left.length > 0) throw new Error(`${left[0]!.name} was generated and belongs to no part`);
  rmSync(directory, { recursive: true });
}
