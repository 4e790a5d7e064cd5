import { nameSchema, slugSchema, timeSchema, toolNameSchema, ulidSchema } from '@portcullis/contracts';
import { z } from 'zod';

/** A name for people: one line of visible text. */
export const displayName = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must not contain control or formatting characters')
  .refine((text) => text.trim() === text, 'must not begin or end with a blank')
  .meta({ description: 'Name for people, one line, at most 120 characters.' });

export const emailAddress = z.email().max(254).meta({ description: 'E-mail address.' });

export const userId = ulidSchema.meta({ description: 'Id of a user (ULID).' });
export const organisationId = ulidSchema.meta({ description: 'Id of an organisation (ULID).' });
export const roleName = nameSchema.meta({ description: 'Name of a role.' });
export const serverSlug = slugSchema.meta({ description: 'Slug of a server, as in /mcp/<slug>.' });
export const toolName = toolNameSchema.meta({ description: 'Name of a tool as the server itself calls it.' });
export const time = timeSchema.meta({ description: 'RFC 3339, UTC, milliseconds.' });

/** An API key in clear: exists in exactly one answer. */
export const shownOnce = z
  .string()
  .meta({ description: 'Shown in this answer only; only its hash is kept.' });

/** Pages by id, in order of creation. */
export const pageQuery = z.strictObject({
  after: ulidSchema.optional().meta({ description: 'Last id of the previous page.' }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const iso = (date: Date | null): string | null => date?.toISOString() ?? null;
