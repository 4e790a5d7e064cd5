import {
  b64u,
  canonicalBytes,
  hpkeSeal,
  issueClientToken,
  type Keyring,
  type PolicyCommandReply,
  type Secret,
} from '@portcullis/contracts';
import type { PolicyState } from '@portcullis/policy-engine';
import { organisationKey } from '../keys/organisation-key.js';

type SealedToken = PolicyCommandReply['clientTokens'][number];

/** Tokens of policy clients, derived and never stored. They cross the broker sealed to control, which shows each once. */
export class ClientTokens {
  constructor(
    private readonly keyring: Keyring,
    private readonly root: Secret,
  ) {}

  /**
   * Tokens of the clients that this command added: nobody is shown a token a second time by another command.
   * HPKE base mode, info `portcullis/v1/policy-client-token`, aad = JCS of `{client, org}`.
   */
  sealFor({ org, clients }: PolicyState, commandId: string): SealedToken[] {
    if (org === null) return [];
    const added = [...clients.values()].filter(({ active, addedBy }) => active && addedBy === commandId);
    return added.map(({ client, generation }) => this.#seal(org, client, generation));
  }

  #seal(org: string, client: string, generation: number): SealedToken {
    const key = organisationKey(this.root, 'policy-clients', org);
    const token = issueClientToken(key, client, generation);
    try {
      const { enc, ciphertext } = hpkeSeal({
        recipientPublicKey: this.keyring.sealKeyOf('control').publicKey,
        info: 'portcullis/v1/policy-client-token',
        aad: canonicalBytes({ client, org }),
        plaintext: token.reveal(),
      });
      return { client, enc: b64u(enc), ciphertext: b64u(ciphertext) };
    } finally {
      token.wipe();
      key.wipe();
    }
  }
}
