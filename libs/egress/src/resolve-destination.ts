import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '@portcullis/contracts';
import { isAllowedBehindExemptName, isPublicAddress } from './address-rules.js';
import { isAddressLiteral, type Destination } from './destination.js';

export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

/** Resolves a name to all its addresses; rejects when there is none. */
export type Lookup = (hostname: string) => Promise<ResolvedAddress[]>;

/** More addresses than this are not tried: an answer with thousands of records must not become thousands of dials. */
const MAX_ADDRESSES = 8;

export const systemResolver: Lookup = async (hostname) =>
  (await systemLookup(hostname, { all: true, order: 'verbatim' })) as ResolvedAddress[];

/**
 * Resolves once and checks every address: one forbidden address refuses the destination, because a name that answers
 * with a public and a private address is an attack or a mistake. The caller must dial what this returns and must not
 * resolve the name again.
 */
export async function resolveDestination(to: Destination, lookup: Lookup): Promise<ResolvedAddress[]> {
  const addresses = isAddressLiteral(to.hostname) ? [literal(to.hostname)] : await resolveName(to, lookup);
  for (const { address } of addresses) {
    if (!isAllowed(to, address)) {
      throw new AppError('FORBIDDEN_DESTINATION', `${to.origin} leads to an address that is not public`);
    }
  }
  return addresses.slice(0, MAX_ADDRESSES);
}

function isAllowed(to: Destination, address: string): boolean {
  if (!to.exempt) return isPublicAddress(address);
  return isAddressLiteral(to.hostname) || isAllowedBehindExemptName(address);
}

function literal(address: string): ResolvedAddress {
  return { address, family: isIP(address) as 4 | 6 };
}

async function resolveName(to: Destination, lookup: Lookup): Promise<ResolvedAddress[]> {
  const addresses = await lookup(to.hostname).catch((cause: unknown) => {
    throw unreachable(to, cause);
  });
  if (addresses.length === 0) throw unreachable(to, new Error('The name has no address'));
  return addresses;
}

function unreachable(to: Destination, cause: unknown): AppError {
  return new AppError('UPSTREAM_UNREACHABLE', `The name of ${to.origin} can not be resolved`, {
    cause,
    details: { sent: false },
  });
}
