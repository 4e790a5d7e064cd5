import { ulidSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { displayName, shownOnce, time, userId } from '../http/admin-fields.js';
import { route } from '../http/route.js';
import { SCOPES } from './key-maker.js';

const keyId = ulidSchema.meta({
  description: 'Id of a key: the part between the underscores of `pcl_<id>_…`.',
});
const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .refine((given) => new Set(given).size === given.length, 'must not name a scope twice')
  .meta({
    description:
      '`mcp` call read tools, `mcp:write` other tools too, `credentials` keep the own credentials of the owner, `admin` use this API. A scope limits a key; what its owner may do is decided by policy.',
  });

const keySchema = z
  .strictObject({
    key: keyId,
    user: userId,
    name: displayName,
    scopes: z.array(z.string()),
    generation: z.int().min(1).meta({ description: 'Counts regenerations.' }),
    createdAt: time,
    regeneratedAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: 'To the hour.' }),
    revokedAt: time.nullable(),
  })
  .meta({ id: 'Key' });

const keyWithSecret = z.strictObject({ ...keySchema.shape, secret: shownOnce }).meta({ id: 'KeyWithSecret' });

const write = { kind: 'key', operation: 'directory.write', scope: 'admin' } as const;
const tag = 'Keys';

export const LIST_KEYS = route({
  id: 'listKeys',
  method: 'GET',
  path: '/api/users/:user/keys',
  tag,
  summary: "A user's keys: metadata only.",
  access: { kind: 'key', operation: 'directory.read', scope: 'admin' },
  params: z.strictObject({ user: userId }),
  reply: {
    status: 200,
    description: 'All keys, revoked ones too.',
    schema: z.strictObject({ keys: z.array(keySchema) }),
  },
  errors: ['NOT_FOUND'],
});

export const CREATE_KEY = route({
  id: 'createKey',
  method: 'POST',
  path: '/api/users/:user/keys',
  tag,
  summary: 'Create a key for a user. The key is in this answer only.',
  access: write,
  params: z.strictObject({ user: userId }),
  body: z.strictObject({ name: displayName, scopes: scopes.default(['mcp', 'mcp:write']) }),
  reply: { status: 201, description: 'The key.', schema: keyWithSecret },
  errors: ['NOT_FOUND', 'FAILED_PRECONDITION'],
});

export const REGENERATE_KEY = route({
  id: 'regenerateKey',
  method: 'POST',
  path: '/api/keys/:key/regenerate',
  tag,
  summary: 'Replace the secret of a key. The old one is dead at once.',
  access: write,
  params: z.strictObject({ key: keyId }),
  reply: { status: 200, description: 'The key with its new secret.', schema: keyWithSecret },
  errors: ['NOT_FOUND', 'FAILED_PRECONDITION'],
});

export const REVOKE_KEY = route({
  id: 'revokeKey',
  method: 'DELETE',
  path: '/api/keys/:key',
  tag,
  summary: 'Revoke a key, for good and at once.',
  access: write,
  params: z.strictObject({ key: keyId }),
  reply: { status: 204, description: 'Revoked.' },
  errors: ['NOT_FOUND'],
});

export const KEY_ROUTES = [LIST_KEYS, CREATE_KEY, REGENERATE_KEY, REVOKE_KEY];
