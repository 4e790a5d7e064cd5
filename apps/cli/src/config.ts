import { z } from 'zod';

const upSchema = z.object({
  /** Path of nats-server, when it is not where distributions put it. */
  NATS_SERVER_BIN: z.string().min(1).optional(),
  PATH: z.string().default(''),
});

export type UpEnvironment = z.infer<typeof upSchema>;

/** What `portcullis up` takes from its environment: nothing of it reaches the parts. */
export const upEnvironment = (): UpEnvironment => upSchema.parse(process.env);

const notesSchema = z.object({
  /** SHA-256 of the token, base64url: the token itself is in the vault and nowhere else. */
  NOTES_TOKEN_HASH_FILE: z.string().min(1),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
});

export const notesServerConfig = (): z.infer<typeof notesSchema> => notesSchema.parse(process.env);

/** Key for the admin API, for commands that use it. Not an argument: those can be read by everybody on the machine. */
export function adminKey(): string {
  const key = process.env['PORTCULLIS_KEY'];
  if (key === undefined || key === '')
    throw new Error('Set PORTCULLIS_KEY to an API key with the scope it takes');
  return key;
}
