import {
  b64u,
  fromB64u,
  OPERATIONS,
  openSealing,
  replyKeyHash,
  type OpenReply,
  type OpenRequest,
  type Secret,
} from '@portcullis/contracts';
import type { SecretEnvelopes } from '../key-hierarchy/secret-envelopes.js';
import type { LimitOpening } from '../limits/limit-opening.js';
import { decideReplyKey } from '../proof/decide-proof.js';
import { demand, type Proofs } from '../proof/proofs.js';
import type { CurrentVersions } from '../restored/current-versions.js';
import { credentialAad } from '../storage/credential-aad.js';
import type { SealedSecret } from '../storage/stored-secret.js';
import type { ClaimGrants } from './claim-grants.js';
import { credentialsJson } from './credentials-json.js';
import { decideOpening } from './decide-opening.js';
import type { ReplyChannels } from './reply-channels.js';

export interface OpenCredentialsParts {
  readonly proofs: Proofs;
  readonly limits: LimitOpening;
  readonly grants: ClaimGrants;
  readonly current: Pick<CurrentVersions, 'demand'>;
  readonly envelopes: SecretEnvelopes;
  readonly channels: ReplyChannels;
  readonly clock: () => Date;
}

interface OpenedSecret {
  readonly slot: string;
  readonly value: Secret;
}

/**
 * Proof-carrying decrypt (B2): gives the credentials that a grant names, once, sealed to the key that the grant names,
 * and only beside audit's receipt for that very grant.
 */
export class OpenCredentials {
  constructor(private readonly parts: OpenCredentialsParts) {}

  /**
   * A refusal before the claim leaves the grant as it was; from there on it is used up, whatever follows.
   *
   * @throws AppError `UNAUTHENTICATED`, `FORBIDDEN`, `RATE_LIMITED`, `GRANT_CONSUMED`, `CREDENTIAL_MISSING`,
   * `CREDENTIAL_SUSPENDED`, `KEY_UNAVAILABLE`, `DECRYPTION_FAILED`, `UNAVAILABLE`
   */
  async run(request: OpenRequest): Promise<OpenReply> {
    const now = this.parts.clock();
    const proof = this.parts.proofs.verify(request, OPERATIONS, now);
    demand(decideReplyKey(proof.grant, replyKeyHash(fromB64u(request.replyKey))));
    await this.parts.limits.run(proof.grant, now);
    const found = await this.parts.grants.claim(proof.grant);
    const secrets = decideOpening(proof.grant, found);
    await this.parts.current.demand(proof.grant.org, secrets);
    const opened = await this.open(secrets);
    try {
      return { sealed: this.seal(request, opened) };
    } finally {
      for (const { value } of opened) value.wipe();
    }
  }

  /**
   * All of them, or none stays in memory. At once: however many keys have to be unwrapped by a slow service, it takes as
   * long as one, which is less than what a message with requests of several organisations may take.
   */
  private async open(secrets: readonly SealedSecret[]): Promise<OpenedSecret[]> {
    const results = await Promise.allSettled(
      secrets.map(async (secret) => ({
        slot: secret.slot,
        value: await this.parts.envelopes.open(credentialAad(secret), secret.ownerKey, secret.envelope),
      })),
    );
    const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return opened;
    for (const { value } of opened) value.wipe();
    throw failed.reason;
  }

  private seal(request: OpenRequest, opened: readonly OpenedSecret[]): string {
    const plaintext = credentialsJson(opened);
    try {
      return b64u(this.parts.channels.to(request.replyKey).seal(openSealing(request), plaintext));
    } finally {
      plaintext.fill(0);
    }
  }
}
