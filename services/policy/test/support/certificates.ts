import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
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
} from '@portcullis/embedded-eventstore/der';

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
} as const;

export interface TestCertificate {
  certificate: Buffer;
  key: Buffer;
}

export interface TestAuthority {
  certificate: Buffer;
  /** For a client or a server with these alternative names. */
  issue(names: { dns?: string[]; uris?: string[] }): TestCertificate;
}

/** An authority (RFC 5280, P-256) of one test. */
export function testAuthority(name: string): TestAuthority {
  const own = keyPair();
  const issuer = { name: distinguished(name), key: own.privateKey };
  const isAuthority = sequence(oid(OID.basicConstraints), boolean(true), octets(sequence(boolean(true))));
  return {
    certificate: certify(issuer, { name: issuer.name, key: own.publicKey, extensions: [isAuthority] }),
    issue: ({ dns = [], uris = [] }) => {
      const { publicKey, privateKey } = keyPair();
      const names = [
        ...dns.map((it) => implicit(2, Buffer.from(it, 'ascii'))),
        ...uris.map((it) => implicit(6, Buffer.from(it, 'ascii'))),
      ];
      const extensions = [sequence(oid(OID.subjectAltName), octets(sequence(...names)))];
      return {
        certificate: certify(issuer, { name: distinguished('somebody'), key: publicKey, extensions }),
        key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      };
    },
  };
}

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

const distinguished = (name: string): Buffer => sequence(set(sequence(oid(OID.commonName), utf8(name))));

function certify(
  issuer: { name: Buffer; key: KeyObject },
  subject: { name: Buffer; key: KeyObject; extensions: Buffer[] },
): Buffer {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    issuer.name,
    sequence(time(new Date(Date.now() - 60_000)), time(new Date(Date.now() + 3_600_000))),
    subject.name,
    subject.key.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...subject.extensions)),
  );
  return Buffer.from(pem(sequence(body, algorithm, bits(sign('sha256', body, issuer.key)))));
}
