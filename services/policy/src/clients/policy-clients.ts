import {
  AppError,
  claimedClientId,
  claimedKid,
  signClientReply,
  verifyClientRequest,
  verifyClientToken,
  type ClientKeys,
  type ReceivedMessage,
  type Secret,
  type VerifiedClientRequest,
} from '@portcullis/contracts';
import type { PolicyReplica } from '../replica/policy-replica.js';
import { ClientKeyring } from './client-keyring.js';

/** A client and the organisation that its credential belongs to. */
export interface ProvenClient {
  org: string;
  client: string;
}

const unknownClient = (): AppError =>
  new AppError('UNAUTHENTICATED', 'The policy client is not known.', { details: { reason: 'revoked' } });

/** A client that has proven itself by a message, and what its answer is signed with. */
export interface ProvenRequest extends ProvenClient {
  request: VerifiedClientRequest;
  keys: ClientKeys;
}

/** Clients whose organisation is remembered; more are looked for again. */
const MAX_REMEMBERED = 10_000;

/** Proves policy clients against the facts of the organisations: a revoked one is unknown at once. */
export class PolicyClients {
  readonly #keyring: ClientKeyring;
  /** Where a client was found last: where to look first. It proves nothing. */
  readonly #lastSeen = new Map<string, string>();

  constructor(
    private readonly replica: Pick<PolicyReplica, 'organisations' | 'view'>,
    root: Secret,
    private readonly clock: () => Date,
  ) {
    this.#keyring = new ClientKeyring(root);
  }

  /** Bearer token, over TLS or loopback. @throws AppError UNAUTHENTICATED, UNAVAILABLE */
  byToken(text: string): ProvenClient {
    const clientId = claimedClientId(text);
    return this.#inOrganisation(clientId, (org, keys) => {
      verifyClientToken(() => keys, text);
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
  byRequest(message: ReceivedMessage): ProvenRequest {
    const clientId = claimedKid(message.jws);
    return this.#inOrganisation(clientId, (org, keys) => {
      const request = verifyClientRequest(() => keys, message, this.clock());
      return { org, client: clientId, request, keys };
    });
  }

  signReply({ keys, request }: ProvenRequest, body: Uint8Array): string {
    return signClientReply(keys, request, body, this.clock());
  }

  /** Client ids are unique unless somebody copied one: then the key tells which organisation the proof is of. */
  #inOrganisation<T>(client: string, prove: (org: string, keys: ClientKeys) => T): T {
    let refusal: unknown;
    for (const org of this.#organisationsFor(client)) {
      const known = this.replica.view(org).snapshot.state.clients.get(client);
      if (known === undefined || !known.active) continue;
      try {
        const proven = prove(org, this.#keyring.keysOf(org, client, known.generation));
        this.#remember(client, org);
        return proven;
      } catch (error) {
        refusal = error;
      }
    }
    throw refusal instanceof Error ? refusal : unknownClient();
  }

  *#organisationsFor(client: string): Iterable<string> {
    const last = this.#lastSeen.get(client);
    if (last !== undefined) yield last;
    for (const org of this.replica.organisations()) if (org !== last) yield org;
  }

  #remember(client: string, org: string): void {
    if (this.#lastSeen.get(client) === org) return;
    if (this.#lastSeen.size >= MAX_REMEMBERED) this.#lastSeen.clear();
    this.#lastSeen.set(client, org);
  }
}
