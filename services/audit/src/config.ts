import {
  databaseFields,
  eventStoreFields,
  parseConfig,
  secretFile,
  serviceFields,
} from '@portcullis/platform';
import { z } from 'zod';

const milliseconds = (fallback: number, least: number) =>
  z.coerce.number().int().min(least).max(86_400_000).default(fallback);

const configSchema = z.object({
  ...serviceFields,
  ...databaseFields,
  ...eventStoreFields,
  /** After a grant's time: an intent that has no outcome by then is recorded as interrupted. Longer than any call. */
  INTENT_DEADLINE_MS: milliseconds(90_000, 1000),
  /** Within it an append is confirmed by the event store, or its sender is told that it may not be recorded. */
  APPEND_DEADLINE_MS: milliseconds(4000, 200),
  /** How long one write to the event store may stay unanswered before audit looks for itself whether it happened. */
  STORE_TIMEOUT_MS: milliseconds(1500, 50),
  /** How often overdue intents are looked for. */
  INTERRUPT_INTERVAL_MS: milliseconds(1000, 50),
});

export type Config = z.infer<typeof configSchema>;

export const loadConfig = (environment: NodeJS.ProcessEnv = process.env): Config =>
  parseConfig(configSchema, environment);

/** What the migration needs: the schema's owner, which the running service never is. */
const migrationSchema = z.object({ DATABASE_OWNER_URL_FILE: secretFile("the URL of the schema's owner") });

export const loadMigrationConfig = (
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<typeof migrationSchema> => parseConfig(migrationSchema, environment);
