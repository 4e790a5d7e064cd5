import {
  AppError,
  canonicalBytes,
  fromB64u,
  hpkeOpen,
  newId,
  type Keyring,
  type PolicyCommandReply,
  type PolicyState,
} from '@portcullis/contracts';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { ReadPolicy } from '../access/read-policy.js';
import type { Admin } from '../authentication/admin.js';

type SealedToken = PolicyCommandReply['clientTokens'][number];

/** Internal tools that may ask the policy API. Policy keeps them; control only passes a new token on, once. */
export class ManagePolicyClients {
  constructor(
    private readonly policy: PolicyCommands,
    private readonly state: ReadPolicy,
    private readonly keyring: Keyring,
  ) {}

  async list(admin: Admin): Promise<PolicyState['clients']> {
    return (await this.state.run(admin)).clients;
  }

  /** A lost answer leaves a client whose token nobody has: it is listed and can be revoked. */
  async add(admin: Admin, name: string): Promise<{ client: string; name: string; token: string }> {
    const client = newId();
    const { clientTokens } = await this.policy.send(
      admin,
      [{ type: 'AddPolicyClient', client, name }],
      client,
    );
    const sealed = clientTokens.find((one) => one.client === client);
    if (sealed === undefined)
      throw new AppError('UNAVAILABLE', 'Policy added the client without giving its token.');
    return { client, name, token: this.open(admin.principal.org, sealed) };
  }

  async revoke(admin: Admin, client: string): Promise<void> {
    await this.policy.send(admin, [{ type: 'RevokePolicyClient', client }]);
  }

  private open(org: string, { client, enc, ciphertext }: SealedToken): string {
    const token = hpkeOpen({
      recipientPrivateKey: this.keyring.sealKey().privateKey,
      enc: fromB64u(enc),
      info: 'portcullis/v1/policy-client-token',
      aad: canonicalBytes({ org, client }),
      ciphertext: fromB64u(ciphertext),
    });
    try {
      return token.revealText();
    } finally {
      token.wipe();
    }
  }
}
