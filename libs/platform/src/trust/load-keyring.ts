import { readFileSync } from 'node:fs';
import {
  AppError,
  Keyring,
  openTrustBundle,
  serviceIdentitySchema,
  signedTrustBundleSchema,
  type ServiceName,
} from '@portcullis/contracts';

export interface TrustConfig {
  TRUST_BUNDLE_FILE: string;
  TRUST_ROOT_KEYS: string[];
  IDENTITY_FILE: string;
}

/**
 * The keys of this service and, by the bundle that the pinned installation root signed, of its peers.
 *
 * @throws AppError `FAILED_PRECONDITION` naming the file that is missing, unreadable or signed by nobody we trust.
 */
export function loadKeyring(service: ServiceName, config: TrustConfig, clock: () => Date): Keyring {
  const bundle = parseFile(config.TRUST_BUNDLE_FILE, (value) =>
    openTrustBundle(signedTrustBundleSchema.parse(value), config.TRUST_ROOT_KEYS, clock()),
  );
  const identity = parseFile(config.IDENTITY_FILE, (value) => serviceIdentitySchema.parse(value));
  if (identity.service !== service) {
    throw new AppError(
      'FAILED_PRECONDITION',
      `IDENTITY_FILE is of ${identity.service}, but this is ${service}.`,
    );
  }
  return new Keyring(identity, bundle, clock);
}

function parseFile<T>(path: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new AppError('FAILED_PRECONDITION', `${path} can not be used.`, { cause });
  }
}
