import {
  AppError,
  argumentDigest,
  b64u,
  fromB64u,
  payloadHash,
  READING_OPERATION,
  verifyToken,
  type ErasureOperation,
  type GrantClaims,
  type JsonValue,
  type KekOperation,
  type Keyring,
  type ReadingClaims,
} from '@portcullis/contracts';
import { decideArguments, decideProof, type Proof, type ProofFault } from './decide-proof.js';

export interface PresentedProof {
  /** Grant of policy, with its tag for the vault. */
  readonly grant: string;
  /** Receipt of audit for exactly that grant. */
  readonly receipt: string;
}

/** A change as it is asked for: the arguments are what policy decided on, the salt that of their digest. */
export interface PresentedChange<Arguments> extends PresentedProof {
  readonly argumentSalt: string;
  readonly arguments: Arguments;
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
    // Of a grant that opens or stores something, its schema demands the server.
    return this.verified(presented, operations, now) as Proof;
  }

  /**
   * Proof that policy allowed exactly this, argument by argument, and audit has recorded it. The operation's name stands in
   * the digest where a call has its tool's. @throws as {@link verify}
   */
  verifyChange<Arguments extends JsonValue>(
    change: PresentedChange<Arguments>,
    operation: KekOperation | ErasureOperation | 'secret.put' | 'secret.delete',
    now: Date,
  ): Proof<GrantClaims> {
    const proof = this.verified(change, [operation], now);
    const digest = argumentDigest(fromB64u(change.argumentSalt), operation, change.arguments);
    demand(decideArguments(proof.grant, digest));
    return proof;
  }

  private verified(presented: PresentedProof, operations: readonly string[], now: Date): Proof<GrantClaims> {
    const grant = verifyToken(this.keyring, 'pc-grant+jwt', 'policy', presented.grant, now);
    const receipt = verifyToken(this.keyring, 'pc-receipt+jwt', 'audit', presented.receipt, now);
    const proof = { grant, grantHash: b64u(payloadHash(presented.grant)), receipt };
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
