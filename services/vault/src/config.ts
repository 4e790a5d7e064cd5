import { databaseFields, parseConfig, secretFile, serviceFields } from '@portcullis/platform';
import { z } from 'zod';
import { REMOTE_LIMITS } from './remote-calls/remote-calls.js';
import { environmentFault, SURROUNDINGS, withCredentials } from './settings/environment.js';
import { KEY_VARIABLES, readKeys, type KeysSettings } from './settings/read-keys.js';

const perSecond = (fallback: number) => z.coerce.number().int().min(1).max(1_000_000).default(fallback);

/** A variable that says nothing is none: compose files can't leave one out. */
const optional = z
  .string()
  .optional()
  .transform((text) => (text === '' ? undefined : text));

/** Which of them are needed depends on each other: they are read by {@link readKeys}. */
const keysSchema = z
  .object({
    ...Object.fromEntries([...KEY_VARIABLES, ...SURROUNDINGS].map((name) => [name, optional])),
    /** Keys that organisations have brought. */
    VAULT_CUSTOMER_KEYS_FILE: optional,
    /** Milliseconds after which a call of a key's service has ended, with all its repetitions. */
    VAULT_KEY_DEADLINE_MS: z.coerce.number().int().min(100).max(30_000).default(REMOTE_LIMITS.deadlineMs),
    /** Calls of a key's service at once, for each key. */
    VAULT_KEY_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(REMOTE_LIMITS.concurrency),
  })
  .transform(
    ({ VAULT_KEY_DEADLINE_MS: deadlineMs, VAULT_KEY_CONCURRENCY: concurrency, ...rest }, context) => {
      const variables = rest as Record<string, string | undefined>;
      const complain = (variable: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [variable], message });
      const keys = readKeys(withCredentials(variables), { deadlineMs, concurrency }, complain);
      const fault = keys === null ? null : environmentFault(variables, keys);
      if (fault !== null) complain(...fault);
      return keys === null ? z.NEVER : { keys };
    },
  );

const configSchema = z
  .object({
    ...serviceFields,
    ...databaseFields,
    NODE_ENV: z.string().default('production'),
    /** Looked at only to refuse what would open the process's memory. */
    NODE_OPTIONS: z.string().default(''),
    /** Credentials opened per second, sustained, by each replica; ten seconds' worth may come at once. */
    VAULT_OPENS_PER_SECOND_ORGANISATION: perSecond(500),
    VAULT_OPENS_PER_SECOND_SERVER: perSecond(200),
    VAULT_OPENS_PER_SECOND_USER: perSecond(50),
  })
  .and(keysSchema);

export type Config = z.infer<typeof configSchema>;
export type { KeysSettings };

export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const config = parseConfig(configSchema, environment);
  // No program that is started from here inherits them.
  for (const name of ['VAULT_ROOT_SECRET', 'VAULT_SECONDARY_ROOT_SECRET']) delete environment[name];
  return config;
}

/** What the migration needs: the schema's owner, which the running service never is. */
const migrationSchema = z.object({ DATABASE_OWNER_URL_FILE: secretFile("the URL of the schema's owner") });

export const loadMigrationConfig = (
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<typeof migrationSchema> => parseConfig(migrationSchema, environment);
