import type { z } from 'zod';
import { kindOf, type KeyKind } from '../key-hierarchy/kek-id.js';
import { REMOTE_LIMITS } from '../remote-calls/remote-calls.js';
import { KEY_SCHEMAS, SLOT_VARIABLES, type KeySettings } from './key-settings.js';

export interface RemoteSettings {
  readonly deadlineMs: number;
  readonly concurrency: number;
  /** Failed calls in a row after which none is made for a moment. */
  readonly failures?: number;
}

type Values = Readonly<Record<string, string | undefined>>;

export interface OneKey {
  readonly remote: RemoteSettings;
  readonly complain: (setting: string, message: string) => void;
}

const ID =
  'must be a name (1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit), vault:NAME, aws:NAME or gcp:NAME';

/** The key that these settings describe: {@link SLOT_VARIABLES} without a prefix. Null after a complaint. */
export function keyFrom(reference: string, values: Values, { remote, complain }: OneKey): KeySettings | null {
  const kind = kindOf(reference);
  if (kind === null) {
    complain('KEK_ID', ID);
    return null;
  }
  const known = Object.fromEntries(SLOT_VARIABLES.map((name) => [name, values[name]]));
  const schema: z.ZodType = KEY_SCHEMAS[kind];
  const parsed = schema.safeParse(known);
  if (parsed.success) return settingsOf(kind, reference, { parsed: parsed.data as never, remote });
  for (const { path, message } of parsed.error.issues) complain(path.join('.'), message);
  return null;
}

function settingsOf(
  kind: KeyKind,
  reference: string,
  { parsed, remote }: { parsed: never; remote: RemoteSettings },
): KeySettings {
  if (kind === 'local') return { kind, reference, ...(parsed as object) } as KeySettings;
  const { failures = REMOTE_LIMITS.circuit.failures, ...bounds } = remote;
  const limits = { ...REMOTE_LIMITS, ...bounds, circuit: { ...REMOTE_LIMITS.circuit, failures } };
  const key = { ...(parsed as object), reference, limits } as { keyName?: string };
  // A transit key is called as it is here unless it is told otherwise.
  return { kind, key: { ...key, keyName: key.keyName ?? reference.replace(/^\w+:/, '') } } as KeySettings;
}
