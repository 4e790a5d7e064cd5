import { b64u, payloadHash, verifyToken, type Keyring, type PrincipalClaims } from '@portcullis/contracts';
import type { Asker } from '@portcullis/policy-engine';

/** Somebody whom control has authenticated less than a minute ago. */
export interface Principal {
  claims: PrincipalClaims;
  /** SHA-256 of the assertion's payload, base64url: `pah` of grants and denials. */
  hash: string;
  asker: Asker;
}

/** Believes assertions that control made for policy. */
export class PrincipalVerifier {
  constructor(private readonly keyring: Keyring) {}

  /** @throws AppError UNAUTHENTICATED with `details.reason` */
  verify(assertion: string): Principal {
    const claims = verifyToken(this.keyring, 'pc-principal+jwt', 'control', assertion, this.keyring.clock());
    const { sub, sid, gen, act, kind, scopes } = claims;
    return {
      claims,
      hash: b64u(payloadHash(assertion)),
      asker: {
        user: sub,
        session: { sid, generation: gen },
        client: act.client,
        agent: act.agent,
        kind,
        scopes,
      },
    };
  }
}
