import type { z } from 'zod';
import { kindOf, type KeyKind } from '../key-hierarchy/kek-id.js';
import { REMOTE_LIMITS } from '../remote-calls/remote-calls.js';
import { KEY_SCHEMAS, SLOT_VARIABLES, type KeySettings } from './key-settings.js';

export interface KeysSettings {
  readonly primary: KeySettings;
  readonly secondary: KeySettings | null;
}

export interface RemoteSettings {
  readonly deadlineMs: number;
  readonly concurrency: number;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Complain = (variable: string, message: string) => void;

const PRIMARY = 'VAULT_';
const SECONDARY = 'VAULT_SECONDARY_';
const ID =
  'must be a name (1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit), vault:NAME, aws:NAME or gcp:NAME';

/** Every variable that {@link readKeys} looks at. */
export const KEY_VARIABLES = [PRIMARY, SECONDARY].flatMap((prefix) =>
  ['KEK_ID', ...SLOT_VARIABLES].map((name) => prefix + name),
);

/**
 * The keys that these variables describe: `VAULT_KEK_ID` says which one seals and of what kind it is, `VAULT_SECONDARY_KEK_ID`
 * another that opens; the variables of a kind follow, for the second key with `VAULT_SECONDARY_`. Null after a complaint.
 */
export function readKeys(
  environment: Environment,
  remote: RemoteSettings,
  complain: Complain,
): KeysSettings | null {
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
  const kind = kindOf(reference);
  if (kind === null) {
    complain(`${prefix}KEK_ID`, ID);
    return null;
  }
  const values = Object.fromEntries(SLOT_VARIABLES.map((name) => [name, environment[prefix + name]]));
  const schema: z.ZodType = KEY_SCHEMAS[kind];
  const parsed = schema.safeParse(values);
  if (parsed.success) return settingsOf(kind, reference, { parsed: parsed.data as never, remote });
  for (const { path, message } of parsed.error.issues) complain(`${prefix}${path.join('.')}`, message);
  return null;
}

function settingsOf(
  kind: KeyKind,
  reference: string,
  { parsed, remote }: { parsed: never; remote: RemoteSettings },
): KeySettings {
  if (kind === 'local') return { kind, reference, ...(parsed as object) } as KeySettings;
  const limits = { ...REMOTE_LIMITS, ...remote };
  const key = { ...(parsed as object), reference, limits } as { keyName?: string };
  // A transit key is called as it is here unless it is told otherwise.
  return { kind, key: { ...key, keyName: key.keyName ?? reference.replace(/^\w+:/, '') } } as KeySettings;
}

/** A local key without a root secret of its own has that of the first. */
function rootPrefix(reference: string, environment: Environment): string {
  if (kindOf(reference) !== 'local') return SECONDARY;
  const own = ['ROOT_SECRET', 'ROOT_SECRET_FILE'].some((name) => environment[SECONDARY + name] !== undefined);
  return own ? SECONDARY : PRIMARY;
}
