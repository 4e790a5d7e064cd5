import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  nothing,
  octets,
  oid,
  pem,
  sequence,
  set,
  time,
  utf8,
} from '@portcullis/embedded-eventstore/der';

const OID = {
  sha256WithRsa: '1.2.840.113549.1.1.11',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** KurrentDB reads RSA keys only. */
const RSA_BITS = 3072;
const DIGITAL_SIGNATURE = 0b1000_0000;
const KEY_ENCIPHERMENT = 0b0010_0000;
const CERT_SIGN = 0b0000_0100;

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

export interface ServerCertificate {
  /** PKCS #8, PEM. */
  key: string;
  /** X.509 v3, PEM. */
  certificate: string;
}

export interface Authority {
  /** What clients pin, PEM. */
  certificate: string;
  /** A certificate for these DNS names; the first that a client would call it by comes first. */
  issue(commonName: string, dnsNames: readonly string[]): ServerCertificate;
}

/**
 * An authority (RFC 5280) for the connections inside one installation. Its private key lives in this process only, so
 * nobody can make it sign anything later: renewing means a new authority.
 */
export function createAuthority(name: string, validity: Validity): Authority {
  const pair = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  const issuer = { name: distinguishedName(name), key: pair.privateKey, keyId: keyIdOf(pair.publicKey) };
  const own = { subject: issuer.name, publicKey: pair.publicKey, extensions: authorityExtensions() };
  return {
    certificate: certify(issuer, own, validity),
    issue: (commonName, dnsNames) => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
      const extensions = serverExtensions(dnsNames);
      const subject = { subject: distinguishedName(commonName), publicKey, extensions };
      return {
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificate: certify(issuer, subject, validity),
      };
    },
  };
}

interface Issuer {
  name: Buffer;
  key: KeyObject;
  keyId: Buffer;
}

interface Subject {
  subject: Buffer;
  publicKey: KeyObject;
  extensions: Buffer[];
}

function certify(issuer: Issuer, { subject, publicKey, extensions }: Subject, validity: Validity): string {
  const algorithm = sequence(oid(OID.sha256WithRsa), nothing());
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    issuer.name,
    sequence(time(validity.notBefore), time(validity.notAfter)),
    subject,
    spki(publicKey),
    explicit(
      3,
      sequence(
        ...extensions,
        sequence(oid(OID.subjectKeyIdentifier), octets(octets(keyIdOf(publicKey)))),
        sequence(oid(OID.authorityKeyIdentifier), octets(sequence(implicit(0, issuer.keyId)))),
      ),
    ),
  );
  return pem(sequence(body, algorithm, bits(sign('sha256', body, issuer.key))));
}

const CRITICAL = boolean(true);

const authorityExtensions = (): Buffer[] => [
  // CA, and directly above end entities only.
  sequence(oid(OID.basicConstraints), CRITICAL, octets(sequence(boolean(true), integer(Buffer.from([0]))))),
  sequence(oid(OID.keyUsage), CRITICAL, octets(bits(Buffer.from([CERT_SIGN]), 2))),
];

function serverExtensions(dnsNames: readonly string[]): Buffer[] {
  const usage = bits(Buffer.from([DIGITAL_SIGNATURE | KEY_ENCIPHERMENT]), 5);
  const names = dnsNames.map((name) => implicit(2, Buffer.from(name, 'ascii')));
  return [
    sequence(oid(OID.basicConstraints), CRITICAL, octets(sequence())),
    sequence(oid(OID.keyUsage), CRITICAL, octets(usage)),
    // The event store's nodes are clients of one another, with the same certificate.
    sequence(oid(OID.extendedKeyUsage), octets(sequence(oid(OID.serverAuth), oid(OID.clientAuth)))),
    sequence(oid(OID.subjectAltName), octets(sequence(...names))),
  ];
}

const distinguishedName = (commonName: string): Buffer =>
  sequence(set(sequence(oid(OID.commonName), utf8(commonName))));

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** RFC 7093 section 2, method 4: of the whole SubjectPublicKeyInfo. */
const keyIdOf = (key: KeyObject): Buffer => createHash('sha256').update(spki(key)).digest().subarray(0, 20);
