import {
  AppError,
  Keyring,
  openTrustBundle,
  serviceIdentitySchema,
  signedTrustBundleSchema,
  type ServiceName,
  type TrustBundle,
} from '@portcullis/contracts';
import { fail, unlessFaulty, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';
import { readOwnJson } from './read-own-file.js';

export interface TrustFacts {
  /** What is in each service's bundle and identity file; undefined: nothing that is JSON. */
  services: readonly { service: ServiceName; bundle: unknown; identity: unknown }[];
  /** Public key of the installation's root, base64url; undefined when it is not known. */
  rootKey: string | undefined;
  now: Date;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

const RESTORE =
  'put it back from a backup; the public halves of all keys have to be in the bundle that the root signed';
const RENEW = 'make the installation anew, or new identities and a bundle signed with the offline root key';

/** Opens bundles and joins them with the identities exactly as the services do at their start. */
export function judgeTrust({ services, rootKey, now }: TrustFacts): Finding[] {
  if (rootKey === undefined)
    return [fail("the public key of the installation's root can not be read", RESTORE)];
  const faults = services.flatMap(({ service, bundle, identity }) => {
    const opened = open(bundle, rootKey, now);
    if (typeof opened === 'string')
      return [fail(`the trust bundle of ${service} is refused: ${opened}`, RESTORE)];
    return identityFaults(service, { identity, bundle: opened, now });
  });
  const payloads = new Set(services.map(({ bundle }) => JSON.stringify(bundle)));
  if (faults.length === 0 && payloads.size > 1)
    faults.push(fail('the services have different trust bundles', 'give every service the newest one'));
  const first = services[0] === undefined ? undefined : open(services[0].bundle, rootKey, now);
  if (faults.length === 0 && first !== undefined && typeof first !== 'string')
    faults.push(...soonOver(first, now));
  return unlessFaulty(
    faults,
    `the bundle is signed by the root, and ${services.length} identities belong to it`,
  );
}

function open(bundle: unknown, rootKey: string, now: Date): TrustBundle | string {
  const parsed = signedTrustBundleSchema.safeParse(bundle);
  if (!parsed.success) return 'it is missing or does not follow the format';
  try {
    return openTrustBundle(parsed.data, [rootKey], now);
  } catch (error) {
    return said(error);
  }
}

function identityFaults(
  service: ServiceName,
  { identity, bundle, now }: { identity: unknown; bundle: TrustBundle; now: Date },
): Finding[] {
  const parsed = serviceIdentitySchema.safeParse(identity);
  if (!parsed.success)
    return [fail(`the identity of ${service} is missing or does not follow the format`, RESTORE)];
  if (parsed.data.service !== service)
    return [fail(`the identity of ${service} is that of ${parsed.data.service}`, RESTORE)];
  try {
    const keyring = new Keyring(parsed.data, bundle, () => now);
    // Throw when there is no key that is valid now.
    keyring.sealKey();
    keyring.sign(Buffer.from('portcullis/doctor\0'));
    keyring.pairwiseTo(service === 'audit' ? 'policy' : 'audit');
    return [];
  } catch (error) {
    return [fail(`the keys of ${service} can not be used: ${said(error)}`, RESTORE)];
  }
}

/** Only our own messages: they hold ids of keys, never keys. */
const said = (error: unknown): string =>
  error instanceof AppError ? error.message.replace(/\.$/, '') : 'its keys are malformed';

function soonOver(bundle: TrustBundle, now: Date): Finding[] {
  const ends = Math.min(...[bundle, ...bundle.keys].map(({ notAfter }) => Date.parse(notAfter)));
  const days = Math.floor((ends - now.getTime()) / DAY_MS);
  return days < SOON_DAYS ? [warn(`keys between the services end in ${days} days`, RENEW)] : [];
}

export interface TrustFilesOf {
  service: ServiceName;
  bundle: string;
  identity: string;
}

export const trustCheck = (
  files: readonly TrustFilesOf[],
  rootKey: () => Promise<string | undefined>,
  now: () => Date,
): Check => ({
  id: 'trust',
  run: async () =>
    judgeTrust({
      services: await Promise.all(
        files.map(async ({ service, bundle, identity }) => ({
          service,
          bundle: await readOwnJson(bundle),
          identity: await readOwnJson(identity),
        })),
      ),
      rootKey: await rootKey(),
      now: now(),
    }),
});
