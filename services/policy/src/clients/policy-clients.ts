import {
  AppError,
  parseClientToken,
  parseIJson,
  signClientReply,
  verifyClientRequest,
  verifyClientToken,
  type ReceivedMessage,
  type Secret,
  type VerifiedClientRequest,
} from '@portcullis/contracts';
import type { PolicyReplica } from '../replica/policy-replica.js';
import { organisationKey } from './organisation-key.js';

/** A client and the organisation that its credential belongs to. */
export interface ProvenClient {
  org: string;
  client: string;
}

/** Whose key to try: only a hint until the tag under that key has been checked. */
function claimedClient(jws: string): string {
  try {
    const header = parseIJson(Buffer.from(jws.split('.', 1)[0] ?? '', 'base64url'), {
      maxBytes: 512,
      maxDepth: 1,
    });
    return String((header as { kid?: unknown } | null)?.kid);
  } catch (cause) {
    throw new AppError('UNAUTHENTICATED', 'The token is refused.', {
      cause,
      details: { reason: 'malformed' },
    });
  }
}

const unknownClient = (): AppError =>
  new AppError('UNAUTHENTICATED', 'The policy client is not known.', { details: { reason: 'revoked' } });

/** Proves policy clients against the facts of the organisations: a revoked one is unknown at once. */
export class PolicyClients {
  constructor(
    private readonly replica: Pick<PolicyReplica, 'organisations' | 'view'>,
    private readonly root: Secret,
    private readonly clock: () => Date,
  ) {}

  /** Bearer token, over TLS or loopback. @throws AppError UNAUTHENTICATED, UNAVAILABLE */
  byToken(text: string): ProvenClient {
    const { clientId } = parseClientToken(text);
    return this.#inOrganisation(clientId, (org, key, generation) => {
      verifyClientToken(key, () => generation, text);
      return { org, client: clientId };
    });
  }

  /**
   * A client that a certificate of the configured authority is bound to. A certificate names no organisation: where two have
   * a client of this id, it proves neither. @throws AppError UNAUTHENTICATED, UNAVAILABLE
   */
  byCertificate(client: string): ProvenClient {
    const active = this.replica
      .organisations()
      .filter((org) => this.replica.view(org).snapshot.state.clients.get(client)?.active);
    const [org] = active;
    if (org !== undefined && active.length === 1) return { org, client };
    throw unknownClient();
  }

  /** A message over the untrusted broker. @throws AppError UNAUTHENTICATED, UNAVAILABLE */
  byRequest(message: ReceivedMessage): ProvenClient & { request: VerifiedClientRequest } {
    const clientId = claimedClient(message.jws);
    return this.#inOrganisation(clientId, (org, key, generation) => {
      const request = verifyClientRequest(key, () => generation, message, this.clock());
      return { org, client: clientId, request };
    });
  }

  signReply({ org, request }: ProvenClient & { request: VerifiedClientRequest }, body: Uint8Array): string {
    const key = organisationKey(this.root, org);
    try {
      return signClientReply(key, request, body, this.clock());
    } finally {
      key.wipe();
    }
  }

  /** Client ids are unique unless somebody copied one: then the key tells which organisation the proof is of. */
  #inOrganisation<T>(client: string, prove: (org: string, key: Secret, generation: number) => T): T {
    let refusal: unknown = unknownClient();
    for (const org of this.replica.organisations()) {
      const known = this.replica.view(org).snapshot.state.clients.get(client);
      if (known === undefined || !known.active) continue;
      const key = organisationKey(this.root, org);
      try {
        return prove(org, key, known.generation);
      } catch (error) {
        refusal = error;
      } finally {
        key.wipe();
      }
    }
    throw refusal;
  }
}
