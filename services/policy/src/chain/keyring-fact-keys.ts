import type { Keyring } from '@portcullis/contracts';
import type { FactKeys } from './fact-chain.js';

/** The `sign` keys of the service policy, by the trust bundle. */
export const keyringFactKeys = (keyring: Keyring): FactKeys => ({
  sign: (bytes) => keyring.sign(bytes),
  verify: (kid, bytes, signature, at) =>
    keyring.verifySignatureAt({ service: 'policy', kid, bytes, signature }, at),
});
