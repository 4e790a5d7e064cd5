/** Where a key-encryption key lives. */
export type KeyKind = 'local' | 'vault' | 'aws' | 'gcp';

/**
 * Id of a key-encryption key as it is stored beside what it wrapped:
 *
 *     local-1           version 1 of a key derived from a root secret: a name without a colon
 *     local-1:v2        version 2 of it
 *     vault:main:v3     version 3 of the transit key that is configured as `vault:main`
 *     aws:main          the KMS key that is configured as `aws:main`; AWS doesn't tell its versions apart
 *     gcp:main:v2       version 2 of the KMS key that is configured as `gcp:main`
 *
 * Without its version it is the key's reference, which configuration uses. The name is Portcullis's own, not the
 * service's: the service may be moved, and what was wrapped keeps its id.
 */
export interface KekId {
  readonly kind: KeyKind;
  /** Without the version. */
  readonly reference: string;
  /** Null where the kind of key has none that can be told apart. */
  readonly version: number | null;
}

const NAME = '[a-z0-9][a-z0-9._-]{0,62}';
const REFERENCE = new RegExp(`^(?:(vault|aws|gcp):)?${NAME}$`);
/** No leading zero: one version has one id. */
const WITH_VERSION = new RegExp(`^((?:(?:vault|gcp):)?${NAME}):v([1-9][0-9]{0,8})$`);
/** What local keys were called before they had versions is their first. */
const FIRST = 1;

/** The kind of key that configuration means by this reference, or null if it is none. */
export function kindOf(reference: string): KeyKind | null {
  const match = REFERENCE.exec(reference);
  return match === null ? null : ((match[1] as KeyKind | undefined) ?? 'local');
}

/** Null for anything that no provider ever gave. */
export function parseKekId(text: string): KekId | null {
  const versioned = WITH_VERSION.exec(text);
  if (versioned !== null) return versionOf(versioned[1] ?? '', Number(versioned[2]));
  const kind = kindOf(text);
  if (kind === 'local') return { kind, reference: text, version: FIRST };
  return kind === 'aws' ? { kind, reference: text, version: null } : null;
}

function versionOf(reference: string, version: number): KekId | null {
  const kind = kindOf(reference);
  if (kind === null || (kind === 'local' && version === FIRST)) return null;
  return { kind, reference, version };
}

export const kekIdOf = (reference: string, version: number): string =>
  version === FIRST && kindOf(reference) === 'local' ? reference : `${reference}:v${version}`;
