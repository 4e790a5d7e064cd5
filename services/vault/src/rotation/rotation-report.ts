import {
  b64u,
  canonicalBytes,
  fromB64u,
  type JsonValue,
  type Keyring,
  type RotationReport,
  type SignedRotationReport,
} from '@portcullis/contracts';
import type { KeysByKek, RewrapRun } from './rewrap-run.js';

/** An owner key that another key than the target wraps. */
export type UnmovedKey = RotationReport['unmovedKeys'][number];

export interface Found {
  readonly after: KeysByKek;
  readonly unmovedKeys: UnmovedKey[];
  readonly endedAt: string;
}

export function rotationReport(run: RewrapRun, { after, unmovedKeys, endedAt }: Found): RotationReport {
  const { org, kind, sub } = run.requestedBy;
  const total = Object.values(after).reduce((sum, keys) => sum + keys, 0);
  return {
    v: 1,
    rewrap: run.id,
    target: run.target,
    requestedBy: { org, kind, sub },
    startedAt: run.startedAt,
    endedAt,
    before: run.before,
    after,
    moved: run.moved,
    unmoved: total - (after[run.target] ?? 0),
    unmovedKeys,
    passes: run.passes,
  };
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
