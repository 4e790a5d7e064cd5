/** A customer's revocation of the key-encryption key bites at the latest after this many milliseconds. */
export const CACHE_MS = 60_000;
const MAX_KEYS = 10_000;

interface Entry {
  readonly key: Buffer;
  /** When the provider was asked to unwrap it, the last time that it did. */
  readonly at: number;
}

/**
 * Unwrapped owner keys, at most {@link CACHE_MS} from the provider's last *successful* unwrap: using a key doesn't
 * prolong it. Whatever leaves the cache is wiped, so keys are lent to synchronous work only and never handed out.
 */
export class OwnerKeyCache {
  private readonly entries = new Map<string, Entry>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly now: () => number) {}

  /** Takes over the buffer: it is wiped with the entry. */
  put(id: string, key: Buffer, askedAt: number = this.now()): void {
    this.drop(id);
    this.entries.set(id, { key, at: askedAt });
    if (this.entries.size > MAX_KEYS) this.drop([...this.entries.keys()][0] ?? id);
    this.timer ??= setInterval(() => this.expire(), 1000).unref();
  }

  /** Lends the key to `work`, or undefined when it isn't there (any more). `work` MUST NOT keep it. */
  lend<T>(id: string, work: (key: Buffer) => T): { result: T } | undefined {
    const entry = this.entries.get(id);
    if (entry === undefined) return undefined;
    if (this.isExpired(entry)) {
      this.drop(id);
      return undefined;
    }
    return { result: work(entry.key) };
  }

  /** Drops every key whose id begins like this. */
  dropAll(prefix: string): void {
    for (const id of [...this.entries.keys()]) if (id.startsWith(prefix)) this.drop(id);
  }

  clear(): void {
    for (const id of [...this.entries.keys()]) this.drop(id);
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** A clock that went back counts as expired: how old the entry is can't be known then. */
  private isExpired(entry: Entry): boolean {
    const age = this.now() - entry.at;
    return age >= CACHE_MS || age < 0;
  }

  private expire(): void {
    for (const [id, entry] of this.entries) if (this.isExpired(entry)) this.drop(id);
    if (this.entries.size === 0) this.clear();
  }

  private drop(id: string): void {
    this.entries.get(id)?.key.fill(0);
    this.entries.delete(id);
  }
}
