import { generateReplyKey, type ReplyKey } from '@portcullis/contracts';

const LIFETIME_MS = 60_000;

/**
 * The ephemeral key that the vault seals opened credentials to: one per replica, made anew every minute. A call keeps
 * the key it began with; when the last such call ends nothing refers to the private half any more.
 */
export class ReplyKeys {
  private key: ReplyKey | undefined;
  private until = 0;

  constructor(private readonly now: () => number = Date.now) {}

  current(): ReplyKey {
    if (this.key === undefined || this.now() >= this.until) {
      this.key = generateReplyKey();
      this.until = this.now() + LIFETIME_MS;
    }
    return this.key;
  }
}
