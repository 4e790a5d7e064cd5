import type { KeyVersionRegister, KeyVersions } from './key-versions.js';

/** What the database says, without one. */
export class KeyVersionsInMemory implements KeyVersionRegister {
  readonly versions = new Map<string, KeyVersions>();

  async of(reference: string): Promise<KeyVersions> {
    return this.versions.get(reference) ?? { oldest: 1, newest: 1 };
  }

  async rotate(reference: string): Promise<void> {
    const { oldest, newest } = await this.of(reference);
    this.versions.set(reference, { oldest, newest: newest + 1 });
  }
}
