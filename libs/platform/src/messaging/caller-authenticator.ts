import {
  AppError,
  ReplayWindow,
  signReply,
  verifyRequest,
  type Keyring,
  type ServiceName,
  type Verb,
} from '@portcullis/contracts';

/** Who sent a request, as proven by its token: the body can't say so. */
export interface Caller {
  readonly kind: 'service' | 'client';
  /** Name of the service, or id of the policy client. */
  readonly id: string;
}

export interface AuthenticatedRequest {
  readonly caller: Caller;
  /** Makes the `Pc-Reply` token for this request and the given answer. */
  signReply(body: Uint8Array): string;
}

export type AnyVerb = Verb<unknown, unknown>;

/**
 * Proves the origin of a request before its body is looked at.
 *
 * @throws AppError `UNAUTHENTICATED`: then the answer is an error without a reply token.
 */
export interface CallerAuthenticator {
  authenticate(
    verb: AnyVerb,
    body: Uint8Array,
    token: string,
  ): AuthenticatedRequest | Promise<AuthenticatedRequest>;
}

/** Services by their pairwise keys. A mutating verb takes each request once. */
export class ServiceCallerAuthenticator implements CallerAuthenticator {
  private readonly seen = new ReplayWindow();

  constructor(
    private readonly keyring: Keyring,
    private readonly clock: () => Date,
  ) {}

  authenticate(verb: AnyVerb, body: Uint8Array, token: string): AuthenticatedRequest {
    const now = this.clock();
    const { caller, reqh, jti, exp } = verifyRequest(
      this.keyring,
      [...verb.callers],
      verb.subject,
      body,
      token,
      now,
    );
    if (verb.mutates && !this.seen.admit(jti, exp, now)) {
      throw new AppError('UNAUTHENTICATED', 'The request has been received before.', {
        details: { reason: 'replayed' },
      });
    }
    return {
      caller: { kind: 'service', id: caller satisfies ServiceName },
      signReply: (answer) => signReply(this.keyring, caller, reqh, answer),
    };
  }
}
