import {
  b64u,
  canonicalBytes,
  fromB64u,
  type JsonValue,
  type Keyring,
  type RotationReport,
  type SignedRotationReport,
} from '@portcullis/contracts';
import type { Targets } from '../key-hierarchy/organisation-keys.js';
import type { KeysByKek, RewrapRun } from './rewrap-run.js';

/** An owner key that is not under what it should be. */
export type UnmovedKey = RotationReport['unmovedKeys'][number];

export interface Found {
  readonly targets: Targets;
  readonly after: KeysByKek;
  readonly unmoved: number;
  /** The first of them. */
  readonly unmovedKeys: UnmovedKey[];
  readonly endedAt: string;
}

export function rotationReport(run: RewrapRun, found: Found): RotationReport {
  const { targets, after, unmoved, unmovedKeys, endedAt } = found;
  const { org, kind, sub } = run.requestedBy;
  return {
    v: 1,
    rewrap: run.id,
    target: targets.installation,
    organisations: organisationsOf(run, targets),
    requestedBy: { org, kind, sub },
    startedAt: run.startedAt,
    endedAt,
    before: run.before,
    after,
    moved: run.moved,
    unmoved,
    unmovedKeys,
    passes: run.passes,
  };
}

/** Those with a target of their own, and those that were passed over. */
function organisationsOf(
  { passedOver }: Pick<RewrapRun, 'passedOver'>,
  { installation, customers }: Targets,
): RotationReport['organisations'] {
  const orgs = [...new Set([...customers.keys(), ...Object.keys(passedOver)])].sort();
  return orgs.map((org) => {
    const own = customers.get(org);
    return {
      org,
      target: own?.kekId ?? installation,
      problem: own?.problem ?? passedOver[org] ?? null,
    };
  });
}

export function signReport(keyring: Keyring, report: RotationReport): SignedRotationReport {
  const { kid, signature } = keyring.sign(signedBytes(report));
  return { report, kid, sig: b64u(signature) };
}

/** Whether the vault of this installation has signed exactly this. */
export const isSigned = (keyring: Keyring, { report, kid, sig }: SignedRotationReport): boolean =>
  keyring.verifySignatureAt(
    { service: 'vault', kid, bytes: signedBytes(report), signature: fromB64u(sig) },
    new Date(report.endedAt),
  );

const signedBytes = (report: RotationReport): Buffer =>
  Buffer.concat([
    Buffer.from('portcullis/v1/rotation-report\0', 'utf8'),
    canonicalBytes(report as unknown as JsonValue),
  ]);
