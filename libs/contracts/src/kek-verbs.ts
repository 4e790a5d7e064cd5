import {
  keksReplySchema,
  keksRequestSchema,
  retireKekReplySchema,
  retireKekRequestSchema,
  rewrapReplySchema,
  rewrapRequestSchema,
  rotateKekReplySchema,
  rotateKekRequestSchema,
} from './messages/keks.js';
import { verb } from './verb.js';

/** A key service may take its time. */
const SLOW = { timeoutMs: 10_000 };

/** Verbs about the vault's key-encryption keys; part of `VERBS`. */
export const KEK_VERBS = {
  keks: verb(
    {
      subject: 'vault.v1.keks',
      callee: 'vault',
      callers: ['control'],
      request: keksRequestSchema,
      reply: keksReplySchema,
    },
    SLOW,
  ),
  rotateKek: verb(
    {
      subject: 'vault.v1.rotateKek',
      callee: 'vault',
      callers: ['control'],
      request: rotateKekRequestSchema,
      reply: rotateKekReplySchema,
    },
    { mutates: true, ...SLOW },
  ),
  rewrap: verb(
    {
      subject: 'vault.v1.rewrap',
      callee: 'vault',
      callers: ['control'],
      request: rewrapRequestSchema,
      reply: rewrapReplySchema,
    },
    { mutates: true, ...SLOW },
  ),
  retireKek: verb(
    {
      subject: 'vault.v1.retireKek',
      callee: 'vault',
      callers: ['control'],
      request: retireKekRequestSchema,
      reply: retireKekReplySchema,
    },
    { mutates: true, ...SLOW },
  ),
} as const;
