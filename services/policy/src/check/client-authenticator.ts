import { AppError, ReplayWindow } from '@portcullis/contracts';
import type { AnyVerb, AuthenticatedRequest, Caller, CallerAuthenticator } from '@portcullis/platform';
import type { PolicyClients } from '../clients/policy-clients.js';

/** A caller whose organisation is that of its credential. */
export interface ClientCaller extends Caller {
  readonly kind: 'client';
  readonly org: string;
}

/** Callers of `policy.v1.check`: policy clients, by a request token under a key of their own token. */
export class ClientAuthenticator implements CallerAuthenticator {
  private readonly seen = new ReplayWindow();

  constructor(
    private readonly clients: PolicyClients,
    private readonly clock: () => Date,
  ) {}

  authenticate(verb: AnyVerb, body: Uint8Array, token: string): AuthenticatedRequest {
    const proven = this.clients.byRequest({ subject: verb.subject, body, jws: token });
    const { jti, exp } = proven.request;
    if (verb.mutates && !this.seen.admit(jti, exp, this.clock())) {
      throw new AppError('UNAUTHENTICATED', 'The request has been received before.', {
        details: { reason: 'replayed' },
      });
    }
    const caller: ClientCaller = { kind: 'client', id: proven.client, org: proven.org };
    return { caller, signReply: (answer) => this.clients.signReply(proven, answer) };
  }
}
