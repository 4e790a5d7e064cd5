import { kindOf } from '../key-hierarchy/kek-id.js';
import { CUSTOMER_KEYS_VARIABLE, readCustomerKeys, type CustomerKeySettings } from './customer-keys.js';
import { SLOT_VARIABLES, type KeySettings } from './key-settings.js';
import { keyFrom, type RemoteSettings } from './one-key.js';

export interface KeysSettings {
  readonly primary: KeySettings;
  readonly secondary: KeySettings | null;
  readonly customers: readonly CustomerKeySettings[];
}

type InstallationKeys = Pick<KeysSettings, 'primary' | 'secondary'>;

type Environment = Readonly<Record<string, string | undefined>>;
type Complain = (variable: string, message: string) => void;

const PRIMARY = 'VAULT_';
const SECONDARY = 'VAULT_SECONDARY_';

/** Every variable that {@link readKeys} looks at for the installation's keys. */
export const KEY_VARIABLES = [PRIMARY, SECONDARY].flatMap((prefix) =>
  ['KEK_ID', ...SLOT_VARIABLES].map((name) => prefix + name),
);

/**
 * The keys that these variables describe: `VAULT_KEK_ID` says which one seals and of what kind it is, `VAULT_SECONDARY_KEK_ID`
 * another that opens; the variables of a kind follow, for the second key with `VAULT_SECONDARY_`. `VAULT_CUSTOMER_KEYS_FILE` has
 * those of organisations. Null after a complaint.
 */
export function readKeys(
  environment: Environment,
  remote: RemoteSettings,
  complain: Complain,
): KeysSettings | null {
  const keys = installationKeys(environment, remote, complain);
  if (keys === null) return null;
  const customers = readCustomerKeys({
    path: environment[CUSTOMER_KEYS_VARIABLE],
    installation: [keys.primary, keys.secondary].filter((key) => key !== null),
    remote,
    complain: (message) => complain(CUSTOMER_KEYS_VARIABLE, message),
  });
  return customers === null ? null : { ...keys, customers };
}

function installationKeys(
  environment: Environment,
  remote: RemoteSettings,
  complain: Complain,
): InstallationKeys | null {
  const primaryId = environment[`${PRIMARY}KEK_ID`] ?? 'local-1';
  const secondaryId = environment[`${SECONDARY}KEK_ID`];
  const primary = readKey(primaryId, { prefix: PRIMARY, environment, remote, complain });
  if (secondaryId === undefined) {
    const stray = SLOT_VARIABLES.map((name) => SECONDARY + name).find(
      (name) => environment[name] !== undefined,
    );
    if (stray !== undefined) complain(`${SECONDARY}KEK_ID`, `is required: ${stray} is set`);
    return primary === null || stray !== undefined ? null : { primary, secondary: null };
  }
  if (secondaryId === primaryId) complain(`${SECONDARY}KEK_ID`, `must differ from ${PRIMARY}KEK_ID`);
  const prefix = rootPrefix(secondaryId, environment);
  const secondary = readKey(secondaryId, { prefix, environment, remote, complain });
  return primary === null || secondary === null || secondaryId === primaryId ? null : { primary, secondary };
}

interface Reading {
  readonly prefix: string;
  readonly environment: Environment;
  readonly remote: RemoteSettings;
  readonly complain: Complain;
}

function readKey(reference: string, { prefix, environment, remote, complain }: Reading): KeySettings | null {
  const values = Object.fromEntries(SLOT_VARIABLES.map((name) => [name, environment[prefix + name]]));
  return keyFrom(reference, values, {
    remote,
    complain: (name, message) => complain(`${prefix}${name}`, message),
  });
}

/** A local key without a root secret of its own has that of the first. */
function rootPrefix(reference: string, environment: Environment): string {
  if (kindOf(reference) !== 'local') return SECONDARY;
  const own = ['ROOT_SECRET', 'ROOT_SECRET_FILE'].some((name) => environment[SECONDARY + name] !== undefined);
  return own ? SECONDARY : PRIMARY;
}
