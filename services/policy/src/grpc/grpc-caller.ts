import type { Metadata } from '@grpc/grpc-js';
import { AppError } from '@portcullis/contracts';
import type { PolicyClients, ProvenClient } from '../clients/policy-clients.js';
import { boundClient } from './client-certificate.js';

/** As much of a call as says who makes it. */
export interface CallerProof {
  readonly metadata: Pick<Metadata, 'get'>;
  /** Only where the server demands client certificates is there one, and then of the authority that it trusts. */
  getAuthContext(): { sslPeerCertificate?: { subjectaltname?: string } } | null;
}

/**
 * Who calls: by the token in `authorization`, or by a client certificate that is bound to a policy client. Where both are
 * there, they must be of the same client.
 *
 * @throws AppError UNAUTHENTICATED, UNAVAILABLE
 */
export function callerOf(clients: PolicyClients, call: CallerProof): ProvenClient {
  const certified = boundClient(call.getAuthContext()?.sslPeerCertificate?.subjectaltname);
  const values = call.metadata.get('authorization');
  if (certified !== undefined && values.length === 0) return clients.byCertificate(certified);
  const proven = clients.byToken(bearerToken(values));
  if (certified === undefined || certified === proven.client) return proven;
  throw new AppError('UNAUTHENTICATED', 'The certificate and the token are of different policy clients.');
}

function bearerToken([value, ...more]: readonly (string | Buffer)[]): string {
  const [, token] = /^Bearer ([\w]+)$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (token === undefined || more.length > 0) {
    throw new AppError('UNAUTHENTICATED', 'A policy client token is required: authorization: Bearer pcc_…');
  }
  return token;
}
