import type { KeyObject } from 'node:crypto';
import { generatePrivateKey } from '../trust/identity.js';
import { publicKeyFromRaw, rawPublicKey } from '../trust/raw-keys.js';
import {
  aeadSeal,
  AES_256_GCM,
  kemSharedSecret,
  keySchedule,
  nonceOf,
  type HpkeAead,
  type HpkeContext,
} from './hpke-suite.js';

export interface HpkeRecipient {
  /** A key object, or the 32 raw bytes. */
  recipientPublicKey: KeyObject | Uint8Array;
  info: Uint8Array | string;
}

/** For test vectors: with this AEAD and this ephemeral key, which MUST NOT be used twice. */
export interface HpkeSetup extends HpkeRecipient {
  aead?: HpkeAead;
  ephemeral?: KeyObject;
}

/** Far below what one AES-GCM key may seal (NIST SP 800-38D), and within four bytes. */
const MAX_MESSAGES = 2 ** 20;

/**
 * A sender's encryption context (RFC 9180 section 5.2): the key exchange once, then any number of messages to the same
 * recipient, numbered from 0. Mode base, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Each message opens by
 * itself, given `enc` and its number.
 */
export class HpkeSender {
  /** The encapsulated key, 32 bytes. */
  readonly enc: Buffer;
  private readonly aead: HpkeAead;
  private readonly context: HpkeContext;
  private next = 0;

  /** @throws AppError `INVALID_ARGUMENT` for a public key that is none. */
  constructor({ recipientPublicKey, info, aead, ephemeral }: HpkeSetup) {
    const recipient =
      recipientPublicKey instanceof Uint8Array
        ? publicKeyFromRaw('X25519', recipientPublicKey)
        : recipientPublicKey;
    const own = ephemeral ?? generatePrivateKey('X25519');
    this.aead = aead ?? AES_256_GCM;
    this.enc = rawPublicKey(own);
    const kemContext = Buffer.concat([this.enc, rawPublicKey(recipient)]);
    const shared = kemSharedSecret(own, recipient, kemContext);
    this.context = keySchedule(this.aead, shared, Buffer.from(info));
    shared.fill(0);
  }

  get isUsedUp(): boolean {
    return this.next >= MAX_MESSAGES;
  }

  seal(aad: Uint8Array, plaintext: Uint8Array): { seq: number; ciphertext: Buffer } {
    if (this.isUsedUp) throw new Error('This context has sealed all that it may.');
    const seq = this.next;
    this.next += 1;
    const nonce = nonceOf(this.context, seq);
    return { seq, ciphertext: aeadSeal(this.aead, this.context.key, nonce, aad, plaintext) };
  }

  /** Nothing can be sealed by it any more. */
  wipe(): void {
    this.next = MAX_MESSAGES;
    this.context.key.fill(0);
    this.context.exporterSecret.fill(0);
  }
}
