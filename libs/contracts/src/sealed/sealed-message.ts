import type { Secret } from '../sensitive/secret.js';
import {
  SealedChannel,
  type OwnSealingKey,
  type PeerSealingKey,
  type SealedContext,
} from './sealed-channel.js';

/** One message without a channel to keep: see {@link SealedChannel}, which saves the Diffie-Hellman computation. */
export function sealMessage(
  params: SealedContext & { sender: OwnSealingKey; recipient: PeerSealingKey; plaintext: Uint8Array },
): Buffer {
  const channel = new SealedChannel(params.sender, params.recipient);
  try {
    return channel.seal(params, params.plaintext);
  } finally {
    channel.wipe();
  }
}

/** @throws AppError `DECRYPTION_FAILED` unless `sender` sealed exactly this, for exactly this context. */
export function openMessage(
  params: SealedContext & { sender: PeerSealingKey; recipient: OwnSealingKey; message: Uint8Array },
): Secret {
  const channel = new SealedChannel(params.recipient, params.sender);
  try {
    return channel.open(params, params.message);
  } finally {
    channel.wipe();
  }
}
