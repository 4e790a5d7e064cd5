import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '@portcullis/contracts';

const CAPACITY = 10_000;

/**
 * Which presented keys argon2id has confirmed, and against which hash. It may spare a second argon2id run, never a look
 * at the key's row: whoever uses it reads hash, generation, revocation and user each time. The presented key itself is
 * not kept; its HMAC under a key of this process can't be tried out offline by whoever reads the memory's dump alone.
 */
export class VerifiedKeys {
  private readonly processKey = randomBytes(32);
  /** HMAC of the presented key → the PHC string it matched. Oldest first. */
  private readonly matched = new Map<string, string>();

  isKnown(key: Secret, phc: string): boolean {
    return this.matched.get(this.tag(key)) === phc;
  }

  /** Whether it was ever confirmed, with whatever hash: only good for telling a known key from a guess. */
  has(key: Secret): boolean {
    return this.matched.has(this.tag(key));
  }

  remember(key: Secret, phc: string): void {
    const tag = this.tag(key);
    this.matched.delete(tag);
    this.matched.set(tag, phc);
    if (this.matched.size <= CAPACITY) return;
    const oldest = this.matched.keys().next();
    if (!oldest.done) this.matched.delete(oldest.value);
  }

  private tag(key: Secret): string {
    return createHmac('sha256', this.processKey).update(key.reveal()).digest('base64');
  }
}
