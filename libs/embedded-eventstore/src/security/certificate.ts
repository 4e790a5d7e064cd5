import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  pem,
  sequence,
  set,
  time,
  utf8,
} from './der.js';

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
} as const;

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 3650;

export interface TlsIdentity {
  /** PKCS #8, PEM. */
  key: string;
  /** X.509 v3, PEM. */
  certificate: string;
}

/**
 * A self-signed P-256 certificate (RFC 5280) for loopback, which the client pins as its only authority. Needed because
 * the client sends its password over TLS only; it also keeps another local process from posing as the node.
 */
export function createTlsIdentity(now: Date = new Date()): TlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const name = sequence(set(sequence(oid(OID.commonName), utf8('portcullis embedded event store'))));
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + LIFETIME_DAYS * DAY_MS))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions())),
  );
  const signature = sign('sha256', body, privateKey);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(sequence(body, algorithm, bits(signature))),
  };
}

/** Its own authority, for these names and no other. */
function extensions(): Buffer[] {
  const critical = boolean(true);
  const names = sequence(
    implicit(2, Buffer.from('localhost')),
    implicit(7, Buffer.from([127, 0, 0, 1])),
    implicit(7, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
  );
  const digitalSignatureAndCertSign = bits(Buffer.from([0b1000_0100]), 2);
  return [
    sequence(oid(OID.basicConstraints), critical, octets(sequence(boolean(true)))),
    sequence(oid(OID.keyUsage), critical, octets(digitalSignatureAndCertSign)),
    sequence(oid(OID.subjectAltName), octets(names)),
  ];
}
