import { AppError, VERBS, type VerbCalls } from '@portcullis/contracts';
import { destroyedFactId } from '../erasing/erasure-facts.js';
import type { StoredSubjectKey } from '../subject-keys/stored-subject-keys.js';

/** So long what audit has said of a key counts. */
const KEPT_MS = 60_000;
const MAX_KEPT = 50_000;

/**
 * Notices subject keys that were destroyed and that an older database, restored, has brought back (B5). Audit, which such a
 * restore does not touch, is asked whether it has recorded the destruction; that it has not counts for a minute.
 */
export class DestroyedKeys {
  private readonly alive = new Map<string, number>();

  constructor(
    private readonly audit: VerbCalls,
    /** Milliseconds, monotonic. */
    private readonly now: () => number,
  ) {}

  /**
   * Those that were not destroyed, of at most as many keys of one organisation as a batch has boxes.
   *
   * @throws AppError whatever asking audit fails with: then it is not known, and nothing may be opened
   */
  async without(org: string, keys: readonly StoredSubjectKey[]): Promise<StoredSubjectKey[]> {
    const asked = keys.filter(({ subjectKeyId }) => !this.isAlive(nameOf(org, subjectKeyId)));
    if (asked.length === 0) return [...keys];
    const at = this.now();
    const recordIds = asked.map(({ subjectKeyId }) => destroyedFactId(org, subjectKeyId));
    const { recorded } = await this.audit.call(VERBS.recorded, { org, recordIds });
    if (recorded.length !== asked.length)
      throw new AppError('UNAVAILABLE', 'Audit did not say whether the keys were destroyed.');
    const destroyed = new Set(asked.filter((_, index) => recorded[index]));
    for (const key of asked) if (!destroyed.has(key)) this.remember(nameOf(org, key.subjectKeyId), at);
    return keys.filter((key) => !destroyed.has(key));
  }

  private isAlive(name: string): boolean {
    const at = this.alive.get(name);
    return at !== undefined && this.now() - at < KEPT_MS;
  }

  private remember(name: string, at: number): void {
    this.alive.delete(name);
    this.alive.set(name, at);
    const oldest = this.alive.keys().next().value;
    if (this.alive.size > MAX_KEPT && oldest !== undefined) this.alive.delete(oldest);
  }
}

const nameOf = (org: string, subjectKeyId: string): string => `${org} ${subjectKeyId}`;
