import { vectors } from '../../test/vectors.js';
import {
  openTrustBundle,
  signTrustBundle,
  type SignedTrustBundle,
  type TrustBundle,
} from './trust-bundle.js';

interface BundleVectors {
  now: string;
  rootPrivateKey: string;
  rootPublicKey: string;
  bundle: TrustBundle;
  signed: SignedTrustBundle;
}
const given = vectors<BundleVectors>('trust-bundle');

it('the trust bundle is signed as published, key ids included', () => {
  expect(openTrustBundle(given.signed, [given.rootPublicKey], new Date(given.now))).toEqual(given.bundle);
  expect(signTrustBundle(given.bundle.keys, 'vectors', given.rootPrivateKey)).toEqual(given.signed);
});
