import { fromB64u, grantClaimsSchema } from '@portcullis/contracts';

const destination = grantClaimsSchema.pick({ dst: true });

/**
 * Destination that a grant names. The tag is audit's and the vault's to check; the gateway has the grant from an
 * authenticated answer of policy, and only makes sure that it dials where the credential may go.
 */
export function grantedDestination(grant: string): string {
  const payload: unknown = JSON.parse(fromB64u(grant.split('.')[1] ?? '').toString('utf8'));
  return destination.parse({ dst: (payload as { dst?: unknown }).dst }).dst;
}
