import { AppError } from '@portcullis/contracts';
import type { Decider } from './decide.js';

const revokeCredential: Decider<'RevokeCredential'> = ({ sid, generation }, state) => {
  const revoked = state.revoked.get(sid);
  if (revoked !== undefined && revoked >= generation) return [];
  return [{ type: 'policy.CredentialRevoked', data: { sid, generation } }];
};

/** Adding a revoked client again gives it the next generation, hence another token. */
const addPolicyClient: Decider<'AddPolicyClient'> = ({ client, name }, state) => {
  const known = state.clients.get(client);
  if (known?.active) throw new AppError('ALREADY_EXISTS', 'The policy client exists already.');
  return [
    { type: 'policy.PolicyClientAdded', data: { client, name, generation: (known?.generation ?? 0) + 1 } },
  ];
};

const revokePolicyClient: Decider<'RevokePolicyClient'> = ({ client }, state) => {
  const known = state.clients.get(client);
  if (!known?.active) return [];
  return [{ type: 'policy.PolicyClientRevoked', data: { client, generation: known.generation } }];
};

export const credentialDeciders = {
  RevokeCredential: revokeCredential,
  AddPolicyClient: addPolicyClient,
  RevokePolicyClient: revokePolicyClient,
};
