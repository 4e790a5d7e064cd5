import { destroyedFactId } from '../erasing/erasure-facts.js';
import type { StoredSubjectKey } from '../subject-keys/stored-subject-keys.js';
import type { LaterRecords } from './later-records.js';

/** Notices subject keys that were destroyed and that an older database, restored, has brought back (B5). */
export class DestroyedKeys {
  constructor(private readonly later: LaterRecords) {}

  /**
   * Those that were not destroyed, of at most as many keys of one organisation as a batch has boxes.
   *
   * @throws AppError whatever asking audit fails with: then it is not known, and nothing may be opened
   */
  async without(org: string, keys: readonly StoredSubjectKey[]): Promise<StoredSubjectKey[]> {
    const held = keys.map(({ subjectKeyId: id }) => ({ id, laterFacts: [destroyedFactId(org, id)] }));
    const destroyed = await this.later.of(org, held);
    return keys.filter((_, index) => destroyed[index]?.[0] === false);
  }
}
