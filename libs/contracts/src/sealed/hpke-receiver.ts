import type { KeyObject } from 'node:crypto';
import { AppError } from '../errors/app-error.js';
import { Secret } from '../sensitive/secret.js';
import { publicKeyFromRaw, rawPublicKey } from '../trust/raw-keys.js';
import {
  aeadOpen,
  AES_256_GCM,
  kemSharedSecret,
  keySchedule,
  nonceOf,
  type HpkeAead,
  type HpkeContext,
} from './hpke-suite.js';

export interface HpkeReception {
  recipientPrivateKey: KeyObject;
  /** 32 bytes. */
  enc: Uint8Array;
  info: Uint8Array | string;
  /** For test vectors: another AEAD than ours. */
  aead?: HpkeAead;
}

export interface HpkeMessage {
  /** Which message of the sender's context it is; 0, the only one of a single shot, where none is said. */
  seq?: number;
  aad: Uint8Array;
  /** `ciphertext ‖ tag16`. */
  ciphertext: Uint8Array;
}

const MIN_CIPHERTEXT = 16;

/**
 * A receiver's encryption context (RFC 9180 section 5.2): the key exchange once, then any of the messages of that sender, in
 * any order. The other end of an `HpkeSender`.
 */
export class HpkeReceiver {
  private readonly aead: HpkeAead;
  private readonly context: HpkeContext;

  /** @throws AppError `DECRYPTION_FAILED` for an encapsulated key that is none. */
  constructor({ recipientPrivateKey, enc, info, aead }: HpkeReception) {
    this.aead = aead ?? AES_256_GCM;
    try {
      const kemContext = Buffer.concat([enc, rawPublicKey(recipientPrivateKey)]);
      const shared = kemSharedSecret(recipientPrivateKey, publicKeyFromRaw('X25519', enc), kemContext);
      this.context = keySchedule(this.aead, shared, Buffer.from(info));
      shared.fill(0);
    } catch (cause) {
      throw failed(cause);
    }
  }

  /** @throws AppError `DECRYPTION_FAILED` unless exactly this was sealed by the sender under this number with this aad. */
  open({ seq = 0, aad, ciphertext }: HpkeMessage): Secret {
    try {
      if (ciphertext.byteLength < MIN_CIPHERTEXT) throw new Error('shorter than its tag');
      const plaintext = aeadOpen(this.aead, this.context.key, nonceOf(this.context, seq), aad, ciphertext);
      const secret = Secret.of(plaintext);
      plaintext.fill(0);
      return secret;
    } catch (cause) {
      throw failed(cause);
    }
  }

  /** Nothing can be opened by it any more. */
  wipe(): void {
    this.context.key.fill(0);
    this.context.exporterSecret.fill(0);
  }
}

const failed = (cause: unknown): AppError =>
  new AppError('DECRYPTION_FAILED', 'The sealed value can not be opened.', { cause });
