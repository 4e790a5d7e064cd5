import { fromB64u, replyKeyId, SealedChannel, type Keyring } from '@portcullis/contracts';

/** Gateways make a new reply key every 60 seconds, and a call that began with the old one may still end. */
const KEEP_MS = 120_000;
const MAX_CHANNELS = 256;

interface Kept {
  readonly channel: SealedChannel;
  readonly until: number;
}

/**
 * Sealed channels from the vault's key to the gateways' reply keys. The Diffie-Hellman value is the dear part, and one
 * does for all calls of a replica within a minute. Wiped when it is old.
 */
export class ReplyChannels {
  private readonly channels = new Map<string, Kept>();

  constructor(
    private readonly keyring: Keyring,
    private readonly now: () => number,
  ) {}

  /** @throws AppError `INVALID_ARGUMENT` for a reply key that is no public key. */
  to(replyKey: string): SealedChannel {
    const own = this.keyring.sealKey();
    const id = `${own.kid} ${replyKey}`;
    const kept = this.channels.get(id);
    if (kept !== undefined && this.now() < kept.until) return kept.channel;
    this.dropOld();
    const publicKey = fromB64u(replyKey);
    const channel = new SealedChannel(own, { kid: replyKeyId(publicKey), publicKey });
    this.channels.set(id, { channel, until: this.now() + KEEP_MS });
    return channel;
  }

  wipe(): void {
    for (const id of [...this.channels.keys()]) this.drop(id);
  }

  private dropOld(): void {
    for (const [id, { until }] of this.channels) if (this.now() >= until) this.drop(id);
    const oldest = this.channels.keys().next().value;
    if (this.channels.size >= MAX_CHANNELS && oldest !== undefined) this.drop(oldest);
  }

  private drop(id: string): void {
    this.channels.get(id)?.channel.wipe();
    this.channels.delete(id);
  }
}
