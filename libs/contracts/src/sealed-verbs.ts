import {
  openSectionsReplySchema,
  openSectionsRequestSchema,
  sealedSectionsReplySchema,
  sealedSectionsRequestSchema,
} from './messages/sealed-sections.js';
import { verb } from './verb.js';

/** Verbs about the sealed sections of records; part of `VERBS`. */
export const SEALED_VERBS = {
  sealedSections: verb(
    {
      subject: 'audit.v1.sealedSections',
      callee: 'audit',
      callers: ['policy'],
      request: sealedSectionsRequestSchema,
      reply: sealedSectionsReplySchema,
    },
    { timeoutMs: 10_000 },
  ),
  openSections: verb(
    {
      subject: 'vault.v1.openSections',
      callee: 'vault',
      callers: ['policy'],
      request: openSectionsRequestSchema,
      reply: openSectionsReplySchema,
    },
    { mutates: true, maxRequestKiB: 640, timeoutMs: 10_000 },
  ),
} as const;
