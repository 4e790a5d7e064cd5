import {
  canonicalBytes,
  fromB64u,
  hpkeOpen,
  PolicyClient,
  type CheckRequest,
  type Decision,
  type Keyring,
  type PolicyCommandReply,
  type Secret,
} from '@portcullis/contracts';
import { NatsRequester } from '@portcullis/platform';
import type { NatsConnection } from '@nats-io/transport-node';

/** What control does with the token of a new policy client. */
export function openClientToken(control: Keyring, org: string, reply: PolicyCommandReply): Secret {
  const { client, enc, ciphertext } = reply.clientTokens[0]!;
  return hpkeOpen({
    recipientPrivateKey: control.sealKey().privateKey,
    enc: fromB64u(enc),
    info: 'portcullis/v1/policy-client-token',
    aad: canonicalBytes({ client, org }),
    ciphertext: fromB64u(ciphertext),
  });
}

/** An internal tool over NATS. */
export const overNats = (tool: NatsConnection, token: Secret): PolicyClient =>
  new PolicyClient(new NatsRequester(tool), token);

export const checkOverNats = (tool: NatsConnection, token: Secret, request: unknown): Promise<Decision> =>
  overNats(tool, token).check(request as CheckRequest);
