import { readFileSync } from 'node:fs';
import {
  databaseFields,
  operationsFields,
  parseConfig,
  secretFile,
  serviceFields,
  trustedProxies,
} from '@portcullis/platform';
import { z } from 'zod';

/** SHA-256 as `sha256sum` prints it or in base64url, as 32 bytes. */
const digest = (text: string): Buffer | null => {
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9_-]{43}$/.test(text) ? Buffer.from(text, 'base64url') : null;
};

/** Missing: this installation can't be bootstrapped (any more), which is the right state after the first start. */
const bootstrapTokenHash = z
  .string()
  .optional()
  .transform((path, context) => {
    if (path === undefined) return null;
    const hash = digest(readText(path) ?? '');
    if (hash !== null) return hash;
    const message = 'must name a readable file with the SHA-256 of the bootstrap token, in hex or base64url';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

/** `host` (any port) or `host:port`; IPv6 in brackets. What a browser may have in its address bar for this API. */
const allowedHosts = z
  .string()
  .default('127.0.0.1,localhost,[::1]')
  .transform((text) => text.split(',').map((entry) => entry.trim().toLowerCase()))
  .pipe(
    z
      .array(z.string().regex(/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/, 'must be host or host:port'))
      .min(1),
  );

const schema = z.object({
  ...serviceFields,
  ...operationsFields,
  ...databaseFields,
  BOOTSTRAP_TOKEN_HASH_FILE: bootstrapTokenHash,
  HTTP_ALLOWED_HOSTS: allowedHosts,
  TRUSTED_PROXIES: trustedProxies,
});

export type Config = z.infer<typeof schema>;

/** @throws AppError `FAILED_PRECONDITION` naming every missing or wrong variable. */
export const readConfig = (environment: NodeJS.ProcessEnv = process.env): Config =>
  parseConfig(schema, environment);

/** What the migration needs: the schema's owner, which the running service never is. */
const migrationSchema = z.object({
  LOG_LEVEL: serviceFields.LOG_LEVEL,
  DATABASE_OWNER_URL_FILE: secretFile("the URL of the schema's owner"),
});

export const readMigrationConfig = (
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<typeof migrationSchema> => parseConfig(migrationSchema, environment);
