import { ulidSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { kindOf } from '../key-hierarchy/kek-id.js';
import { fileContent } from './field-kinds.js';
import { SLOT_VARIABLES, type KeySettings } from './key-settings.js';
import { keyFrom, type RemoteSettings } from './one-key.js';

export const CUSTOMER_KEYS_VARIABLE = 'VAULT_CUSTOMER_KEYS_FILE';

/** A key of one organisation, as the file describes it. */
export interface CustomerKeySettings {
  readonly org: string;
  readonly key: KeySettings;
  /** False while it is brought to the replicas one after the other, and while the organisation leaves it. */
  readonly seals: boolean;
}

export interface CustomerKeysReading {
  /** Undefined: there is no file, and no such key. */
  readonly path: string | undefined;
  /** Keys of the installation: none of them can be a customer's as well. */
  readonly installation: readonly KeySettings[];
  readonly remote: RemoteSettings;
  readonly complain: (message: string) => void;
}

const MAX_KEYS = 1000;
const fileSchema = z.array(z.unknown()).max(MAX_KEYS);
const entrySchema = z.strictObject({
  org: ulidSchema,
  /** The reference, for good: it is stored with what the key wraps. */
  key: z.string(),
  seals: z.boolean().default(true),
  /** Names as in the environment, without `VAULT_`. */
  settings: z.record(z.string(), z.string()),
});
type Entry = z.infer<typeof entrySchema>;

/**
 * So long a customer's service may take: its owners are not ours, and requests of other organisations may wait in the same
 * message. Two failed calls, and none is made for five seconds.
 */
export const CUSTOMER_LIMITS = { deadlineMs: 2500, failures: 2 };

/**
 * Keys that organisations have brought. No secret is in the file, only where to find them. Null after a complaint; each names
 * its entry and field.
 */
export function readCustomerKeys(reading: CustomerKeysReading): readonly CustomerKeySettings[] | null {
  const { path, installation, complain } = reading;
  if (path === undefined) return [];
  const entries = entriesOf(path, complain);
  if (entries === null) return null;
  const keys = entries.map((entry, index) => customerKey(entry, index + 1, reading));
  const complete = keys.filter((key) => key !== null);
  if (complete.length !== keys.length) return null;
  const conflict = conflictIn(installation, complete);
  if (conflict === null) return complete;
  complain(conflict);
  return null;
}

/** No error of the parser is passed on: it quotes what it could not read. */
function entriesOf(path: string, complain: (message: string) => void): unknown[] | null {
  const content = fileContent(path);
  const parsed = fileSchema.safeParse(content === null ? undefined : jsonOf(content.toString('utf8')));
  if (parsed.success) return parsed.data;
  complain(
    content === null
      ? 'can not be read: path of a file with the keys of customers'
      : `must hold a JSON array of at most ${MAX_KEYS} keys`,
  );
  return null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function customerKey(
  given: unknown,
  place: number,
  { remote, complain }: CustomerKeysReading,
): CustomerKeySettings | null {
  const parsed = entrySchema.safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues)
      complain(`entry ${place}: ${path.join('.')} ${message}`);
    return null;
  }
  const entry = parsed.data;
  const say = (field: string, message: string): void =>
    complain(`entry ${place} (${entry.org}): ${field} ${message}`);
  const kind = kindOf(entry.key);
  if (kind === null || kind === 'local') {
    say('key', 'must be vault:NAME, aws:NAME or gcp:NAME');
    return null;
  }
  const stranger = strangerIn(entry, PREFIXES[kind]);
  if (stranger !== undefined) {
    say(`settings.${stranger}`, `is no setting of a key ${kind}:NAME`);
    return null;
  }
  const limits = { ...remote, deadlineMs: Math.min(remote.deadlineMs, CUSTOMER_LIMITS.deadlineMs) };
  const key = keyFrom(entry.key, entry.settings, {
    remote: { ...limits, failures: CUSTOMER_LIMITS.failures },
    complain: (name, message) => say(`settings.${name}`, message),
  });
  return key === null ? null : { org: entry.org, key, seals: entry.seals };
}

const PREFIXES = { vault: 'TRANSIT_', aws: 'AWS_', gcp: 'GCP_' } as const;

const strangerIn = ({ settings }: Entry, prefix: string): string | undefined =>
  Object.keys(settings).find((name) => !name.startsWith(prefix) || !SLOT_VARIABLES.includes(name));

/** One key is one organisation's: whoever can disable it must stop nobody else. */
function conflictIn(
  installation: readonly KeySettings[],
  customers: readonly CustomerKeySettings[],
): string | null {
  const all = [...installation, ...customers.map(({ key }) => key)];
  const reference = repeated(all.map(referenceOf));
  if (reference !== undefined) return `two keys are called "${reference}": a key is of one organisation`;
  const place = repeated(all.map(placeOf));
  if (place !== undefined)
    return `"${all
      .filter((key) => placeOf(key) === place)
      .map(referenceOf)
      .join('" and "')}" are the same key: a key is of one organisation`;
  const org = repeated(customers.filter(({ seals }) => seals).map((key) => key.org));
  return org === undefined ? null : `two keys seal for ${org}: only one can, "seals": false for the other`;
}

const repeated = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) !== index);

export const referenceOf = (settings: KeySettings): string =>
  settings.kind === 'local' ? settings.reference : settings.key.reference;

/** Which key it is in the world, whatever it is called here. */
function placeOf(settings: KeySettings): string {
  if (settings.kind === 'local') return `local ${settings.reference}`;
  if (settings.kind === 'aws') return settings.key.keyArn;
  if (settings.kind === 'gcp') return settings.key.keyName;
  const { server, mount, keyName } = settings.key;
  return [server.address, server.namespace ?? '', mount, keyName].join(' ');
}
