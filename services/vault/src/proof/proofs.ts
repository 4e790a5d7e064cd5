import {
  AppError,
  b64u,
  payloadHash,
  READING_OPERATION,
  verifyToken,
  type Keyring,
  type ReadingClaims,
} from '@portcullis/contracts';
import { decideProof, type Proof, type ProofFault } from './decide-proof.js';

export interface PresentedProof {
  /** Grant of policy, with its tag for the vault. */
  readonly grant: string;
  /** Receipt of audit for exactly that grant. */
  readonly receipt: string;
}

/** The same for leave to read. */
export interface PresentedReading {
  readonly reading: string;
  readonly receipt: string;
}

/** Checks the two statements without which the vault does nothing: policy said yes, and audit has recorded it. */
export class Proofs {
  constructor(private readonly keyring: Keyring) {}

  /**
   * Single use is not checked here: that needs the database.
   *
   * @throws AppError `UNAUTHENTICATED` for a token that is forged, expired, of the wrong type or for somebody else;
   * `FORBIDDEN` with `details.reason` for two genuine tokens that don't belong together or to one of `operations`.
   */
  verify(presented: PresentedProof, operations: readonly string[], now: Date): Proof {
    const grant = verifyToken(this.keyring, 'pc-grant+jwt', 'policy', presented.grant, now);
    const receipt = verifyToken(this.keyring, 'pc-receipt+jwt', 'audit', presented.receipt, now);
    const proof: Proof = { grant, grantHash: b64u(payloadHash(presented.grant)), receipt };
    demand(decideProof(proof, operations));
    return proof;
  }

  /** Leave to read and its receipt. How much of it has been used is not checked here. @throws as {@link verify} */
  verifyReading(presented: PresentedReading, now: Date): ReadingClaims {
    const grant = verifyToken(this.keyring, 'pc-reading+jwt', 'policy', presented.reading, now);
    const receipt = verifyToken(this.keyring, 'pc-receipt+jwt', 'audit', presented.receipt, now);
    const grantHash = b64u(payloadHash(presented.reading));
    demand(decideProof({ grant, grantHash, receipt }, [READING_OPERATION]));
    return grant;
  }
}

/** Turns a fault into the refusal. */
export function demand(fault: ProofFault | null): void {
  if (fault !== null) throw new AppError(fault.code, fault.message, { details: { reason: fault.reason } });
}
