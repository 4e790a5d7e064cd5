import { inspect } from 'node:util';

const REDACTED = '[REDACTED]';

/**
 * A value that must never be seen: it prints, serialises and inspects as `[REDACTED]`. The bytes live in one buffer of
 * their own that {@link wipe} zeroes; text made of it by {@link revealText} can't be wiped (JavaScript strings are
 * immutable and garbage collected), so callers keep it for one expression only.
 */
export class Secret {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Copies the bytes (or the UTF-8 of the text): the caller may wipe its own copy. */
  static of(value: Uint8Array | string): Secret {
    // Buffer.from(string) may use the shared pool; alloc gives memory that nobody else has.
    const source = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    const own = Buffer.alloc(source.byteLength);
    own.set(source);
    return new Secret(own);
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** The live bytes, not a copy: they turn to zero when the secret is wiped. */
  reveal(): Buffer {
    return this.#bytes;
  }

  revealText(): string {
    return this.#bytes.toString('utf8');
  }

  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
