import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { hkdf } from '../encoding/hkdf.js';
import { lp } from '../encoding/length-prefix.js';
import { AppError } from '../errors/app-error.js';
import { Secret } from '../sensitive/secret.js';
import { agree } from '../trust/pairwise.js';
import { publicKeyFromRaw } from '../trust/raw-keys.js';
import { pad, unpad } from './padding.js';

/** What a sealed message is for: part of its key, so that one can't be taken for another. */
export type SealedPurpose = 'open' | 'api-key' | 'sections';

export interface OwnSealingKey {
  kid: string;
  privateKey: KeyObject;
}

export interface PeerSealingKey {
  kid: string;
  /** A key object, or the 32 raw bytes. */
  publicKey: KeyObject | Uint8Array;
}

export interface SealedContext {
  purpose: SealedPurpose;
  /** What the message belongs to, 32 or 64 bytes: `gh ‖ SHA-256(receipt)`, or the hash of a request. */
  binding: Uint8Array;
  aad: Uint8Array;
}

const SALT = 32;
const TAG = 16;

/**
 * Sealed messages between two X25519 keys, both ways. The Diffie-Hellman value is computed once, every message has a
 * key and an IV of its own. Only the two holders can make or read one (so it authenticates its sender), and
 * the direction, the purpose, the binding and the aad are part of it.
 */
export class SealedChannel {
  private readonly shared: Buffer;
  private readonly own: string;
  private readonly peer: string;

  /** @throws AppError `INVALID_ARGUMENT` for a public key that is none, or two equal key ids. */
  constructor(own: OwnSealingKey, peer: PeerSealingKey) {
    if (own.kid === peer.kid)
      throw new AppError('INVALID_ARGUMENT', 'A sealed channel joins two different keys.');
    const publicKey =
      peer.publicKey instanceof Uint8Array ? publicKeyFromRaw('X25519', peer.publicKey) : peer.publicKey;
    this.shared = agree(own.privateKey, publicKey);
    this.own = own.kid;
    this.peer = peer.kid;
  }

  /** `salt32 ‖ ciphertext ‖ tag16`. */
  seal(context: SealedContext, plaintext: Uint8Array): Buffer {
    return this.sealWithSalt(context, plaintext, randomBytes(SALT));
  }

  /** For test vectors; a salt that is used twice gives both messages away. */
  sealWithSalt(context: SealedContext, plaintext: Uint8Array, salt: Uint8Array): Buffer {
    const { key, iv } = this.messageKey(context, salt, lp(this.own, this.peer));
    const padded = pad(plaintext);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(context.aad);
    const sealed = Buffer.concat([salt, cipher.update(padded), cipher.final(), cipher.getAuthTag()]);
    padded.fill(0);
    key.fill(0);
    return sealed;
  }

  /** @throws AppError `DECRYPTION_FAILED` unless the peer sealed exactly this, for exactly this context. */
  open(context: SealedContext, message: Uint8Array): Secret {
    if (message.byteLength < SALT + TAG)
      throw new AppError('DECRYPTION_FAILED', 'The sealed message is too short.');
    const { key, iv } = this.messageKey(context, message.subarray(0, SALT), lp(this.peer, this.own));
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG });
    decipher.setAAD(context.aad);
    decipher.setAuthTag(message.subarray(-TAG));
    const padded = decipher.update(message.subarray(SALT, -TAG));
    try {
      decipher.final();
      return Secret.of(unpad(padded));
    } catch (cause) {
      throw new AppError('DECRYPTION_FAILED', 'The sealed message can not be opened.', { cause });
    } finally {
      padded.fill(0);
      key.fill(0);
    }
  }

  /** The channel is of no use afterwards. */
  wipe(): void {
    this.shared.fill(0);
  }

  private messageKey(context: SealedContext, salt: Uint8Array, kids: Buffer): { key: Buffer; iv: Buffer } {
    const { purpose, binding } = context;
    if (binding.byteLength !== 32 && binding.byteLength !== 64) {
      throw new AppError('INVALID_ARGUMENT', 'A sealed message is bound to one or two SHA-256 values.');
    }
    const info = Buffer.concat([Buffer.from(`portcullis/v1/${purpose}`, 'utf8'), kids]);
    const okm = hkdf(this.shared, Buffer.concat([salt, binding]), info, 44);
    return { key: okm.subarray(0, 32), iv: okm.subarray(32) };
  }
}
