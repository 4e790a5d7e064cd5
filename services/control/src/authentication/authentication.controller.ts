import { Controller } from '@nestjs/common';
import {
  AppError,
  fromB64u,
  Keyring,
  openMessage,
  sha256,
  VERBS,
  type AuthenticateReply,
  type AuthenticateRequest,
  type Secret,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ASSERTION_SECONDS, Assertions } from './assertions.js';
import { AuthenticateKey, notAuthenticated } from './authenticate-key.js';

@Controller()
export class AuthenticationController {
  constructor(
    private readonly keyring: Keyring,
    private readonly authenticateKey: AuthenticateKey,
    private readonly assertions: Assertions,
  ) {}

  /** For the gateway: whose key is this? The key arrives sealed and is wiped when the question is answered. */
  @ServesVerb(VERBS.authenticate)
  async authenticate(request: AuthenticateRequest): Promise<AuthenticateReply> {
    const presented = this.open(request);
    try {
      const { principal } = await this.authenticateKey.run(presented, `gateway ${request.source}`);
      const iat = Math.floor(this.keyring.clock().getTime() / 1000);
      return {
        principal,
        assertion: this.assertions.issue(principal, 'policy'),
        expiresAt: iat + ASSERTION_SECONDS,
      };
    } finally {
      presented.wipe();
    }
  }

  /** Sealed by the gateway for this very request: to the nonce, which stands in the authenticated body. */
  private open({ nonce, sealed }: AuthenticateRequest): Secret {
    const bound = sha256(fromB64u(nonce));
    try {
      return openMessage({
        purpose: 'api-key',
        binding: bound,
        aad: bound,
        sender: this.keyring.sealKeyOf('gateway'),
        recipient: this.keyring.sealKey(),
        message: fromB64u(sealed),
      });
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'DECRYPTION_FAILED') throw notAuthenticated();
      throw thrown;
    }
  }
}
