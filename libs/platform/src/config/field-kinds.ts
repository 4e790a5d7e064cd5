import { readFileSync } from 'node:fs';
import { Secret } from '@portcullis/contracts';
import { z } from 'zod';

/** A variable that has to be there: a secret has no default, and the message names what is missing. */
export const requiredText = (what: string) =>
  z.string({ error: `is required: ${what}` }).min(1, `is required: ${what}`);

/** Path of a file whose content (trimmed) is a secret; reading it is part of parsing, so a missing file stops the start. */
export const secretFile = (what: string) =>
  requiredText(`path of a file with ${what}`).transform((path, context) => {
    try {
      return Secret.of(readFileSync(path, 'utf8').trim());
    } catch {
      context.addIssue({ code: 'custom', message: `can not be read: path of a file with ${what}` });
      return z.NEVER;
    }
  });

export const portField = z.coerce.number().int().min(0).max(65_535);
