import { readFileSync } from 'node:fs';
import { Secret } from '@portcullis/contracts';
import { databaseFields, parseConfig, secretFile, serviceFields } from '@portcullis/platform';
import { z } from 'zod';
import { rootSecretFault } from './key-hierarchy/root-secret.js';

/** The root secret is read as bytes (only line ends at its end are dropped): decoding it as text could weaken it. */
const rootSecretFile = (path: string, context: z.RefinementCtx): Secret => {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch {
    context.addIssue({ code: 'custom', message: 'can not be read: path of a file with the root secret' });
    return z.NEVER;
  }
  const secret = Secret.of(withoutLineEnd(content));
  content.fill(0);
  const fault = rootSecretFault(secret.reveal());
  if (fault === null) return secret;
  secret.wipe();
  context.addIssue({ code: 'custom', message: fault });
  return z.NEVER;
};

function withoutLineEnd(content: Buffer): Buffer {
  let end = content.byteLength;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end -= 1;
  return content.subarray(0, end);
}

const REQUIRED_ROOT = 'is required: path of a file with the root secret (32 random bytes or more)';
const kekId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit');
const perSecond = (fallback: number) => z.coerce.number().int().min(1).max(1_000_000).default(fallback);

const configSchema = z
  .object({
    ...serviceFields,
    ...databaseFields,
    NODE_ENV: z.string().default('production'),
    /** Looked at only to refuse what would open the process's memory. */
    NODE_OPTIONS: z.string().default(''),
    VAULT_ROOT_SECRET_FILE: z
      .string({ error: REQUIRED_ROOT })
      .min(1, REQUIRED_ROOT)
      .transform(rootSecretFile),
    /** Name of the key that seals. Part of every wrapped key's authenticated data, so it can't be renamed. */
    VAULT_KEK_ID: kekId.default('local-1'),
    /** A second key that opens what it once sealed; it never seals. */
    VAULT_SECONDARY_KEK_ID: kekId.optional(),
    /** Root secret of the second key, where it is another one. */
    VAULT_SECONDARY_ROOT_SECRET_FILE: z.string().min(1).transform(rootSecretFile).optional(),
    /** Credentials opened per second, sustained, by each replica; ten seconds' worth may come at once. */
    VAULT_OPENS_PER_SECOND_ORGANISATION: perSecond(500),
    VAULT_OPENS_PER_SECOND_SERVER: perSecond(200),
    VAULT_OPENS_PER_SECOND_USER: perSecond(50),
  })
  .refine((config) => config.VAULT_SECONDARY_KEK_ID !== config.VAULT_KEK_ID, {
    path: ['VAULT_SECONDARY_KEK_ID'],
    message: 'must differ from VAULT_KEK_ID',
  })
  .refine(
    (config) => config.VAULT_SECONDARY_ROOT_SECRET_FILE === undefined || config.VAULT_SECONDARY_KEK_ID,
    {
      path: ['VAULT_SECONDARY_KEK_ID'],
      message: 'is required: VAULT_SECONDARY_ROOT_SECRET_FILE is set',
    },
  );

export type Config = z.infer<typeof configSchema>;

export const loadConfig = (environment: NodeJS.ProcessEnv = process.env): Config =>
  parseConfig(configSchema, environment);

/** What the migration needs: the schema's owner, which the running service never is. */
const migrationSchema = z.object({ DATABASE_OWNER_URL_FILE: secretFile("the URL of the schema's owner") });

export const loadMigrationConfig = (
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<typeof migrationSchema> => parseConfig(migrationSchema, environment);
