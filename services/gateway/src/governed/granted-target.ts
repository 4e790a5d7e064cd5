import { AppError, fromB64u, grantClaimsSchema, type ServerEndpoint } from '@portcullis/contracts';
import { canonicalOrigin } from '@portcullis/egress';
import { z } from 'zod';

/** Made once: making a schema costs far more than using it, and every call uses it. */
const { srv, dst, slots } = grantClaimsSchema.shape;
const targetClaims = z.looseObject({ srv, dst, slots });

/**
 * Directory and policy may know different things of a server for a moment: nothing goes to an address, and no call goes
 * with other credentials, than policy named. The grant's tags are audit's and the vault's to check; the gateway has it
 * from an authenticated answer.
 *
 * @throws AppError `CONFLICT`
 */
export function requireGrantedTarget(grant: string, endpoint: ServerEndpoint): void {
  const payload: unknown = JSON.parse(fromB64u(grant.split('.')[1] ?? '').toString('utf8'));
  const granted = targetClaims.safeParse(payload);
  if (
    granted.success &&
    granted.data.srv === endpoint.srv &&
    granted.data.dst === canonicalOrigin(endpoint.url) &&
    namesOf(granted.data.slots) === namesOf(endpoint.slots)
  ) {
    return;
  }
  throw new AppError('CONFLICT', 'The server has just been changed. Try again.');
}

const namesOf = (slots: readonly { slot: string; owner: string }[]): string =>
  slots
    .map(({ slot, owner }) => `${slot} ${owner}`)
    .sort()
    .join();
