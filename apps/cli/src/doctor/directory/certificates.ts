import { X509Certificate } from 'node:crypto';
import { fail, skipped, unlessFaulty, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';
import { readOwnFile } from './read-own-file.js';

export interface CertificateFile {
  /** Whose it is, for people. */
  name: string;
  path: string;
  /** Certificate of the authority that clients pin; its own when missing. */
  authorityPath?: string;
  mend: string;
}

export interface CertificateFacts extends CertificateFile {
  /** PEM; undefined: nothing that can be read. */
  certificate: string | undefined;
  authority: string | undefined;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

export function judgeCertificates(files: readonly CertificateFacts[], now: Date): Finding[] {
  const faults = files.flatMap((file) => faultsOf(file, now));
  return unlessFaulty(
    faults,
    `${files.map(({ name }) => name).join(', ')}: valid for more than ${SOON_DAYS} days`,
  );
}

function faultsOf({ name, path, mend, ...facts }: CertificateFacts, now: Date): Finding[] {
  const certificate = parse(facts.certificate);
  const authority = parse(facts.authority);
  if (certificate === undefined || authority === undefined)
    return [fail(`the certificate of ${name} is missing or none (${path})`, mend)];
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    return [fail(`the certificate of ${name} is not from the authority that its clients trust`, mend)];
  if (now < new Date(certificate.validFrom))
    return [
      fail(
        `the certificate of ${name} is valid from ${certificate.validFrom} only`,
        'set the clock of this machine',
      ),
    ];
  const days = Math.floor((new Date(certificate.validTo).getTime() - now.getTime()) / DAY_MS);
  if (days < 0) return [fail(`the certificate of ${name} has expired on ${certificate.validTo}`, mend)];
  if (days < SOON_DAYS) return [warn(`the certificate of ${name} ends in ${days} days`, mend)];
  return [];
}

function parse(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

export const certificatesCheck = (files: readonly CertificateFile[], now: () => Date): Check => ({
  id: 'certificates',
  run: async () => {
    if (files.length === 0) return [skipped('because there is none yet')];
    const facts = files.map(async (file) => ({
      ...file,
      certificate: await readOwnFile(file.path),
      authority: await readOwnFile(file.authorityPath ?? file.path),
    }));
    return judgeCertificates(await Promise.all(facts), now());
  },
});
