import { readFileSync } from 'node:fs';
import { z } from 'zod';

const schema = z.object({
  /** The file holds the token; it is on no command line and in no environment. */
  NOTES_TOKEN_FILE: z
    .string()
    .transform((file) => readFileSync(file, 'utf8').trim())
    .pipe(z.string().min(16)),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
});

export const notesServerConfig = (): z.infer<typeof schema> => schema.parse(process.env);
