import type { JsonValue } from '../encoding/canonical-json.js';
import type { SealedBox } from '../messages/fields.js';
import type { SubjectKey } from '../messages/vault.js';
import type { HpkeSender } from '../sealed/hpke-sender.js';
import { boxOf, senderTo } from './sealed-box.js';

/** How long one key exchange serves: what a dump of this process's memory could open of what was sealed before. */
const KEEP_MS = 60_000;
const MAX_SENDERS = 1000;

interface Kept {
  readonly sender: HpkeSender;
  readonly until: number;
}

/**
 * Seals personal fields as `sealForSubject` does, for whoever has much to say about the same people: the key exchange is
 * made once a minute and key, and the boxes of that minute are the numbered messages of one sender.
 */
export class SubjectSealer {
  private readonly kept = new Map<string, Kept>();

  /** @param now monotonic, milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  seal(key: SubjectKey, org: string, subject: string, value: JsonValue): SealedBox {
    return boxOf(this.senderTo(key), key, { org, subject }, value);
  }

  wipe(): void {
    for (const name of [...this.kept.keys()]) this.drop(name);
  }

  private senderTo(key: SubjectKey): HpkeSender {
    const known = this.kept.get(key.publicKey);
    if (known !== undefined && this.now() < known.until && !known.sender.isUsedUp) return known.sender;
    this.dropOld(key.publicKey);
    const sender = senderTo(key);
    this.kept.set(key.publicKey, { sender, until: this.now() + KEEP_MS });
    return sender;
  }

  private dropOld(replaced: string): void {
    this.drop(replaced);
    for (const [name, { until }] of this.kept) if (this.now() >= until) this.drop(name);
    const oldest = this.kept.keys().next().value;
    if (this.kept.size >= MAX_SENDERS && oldest !== undefined) this.drop(oldest);
  }

  private drop(name: string): void {
    this.kept.get(name)?.sender.wipe();
    this.kept.delete(name);
  }
}
