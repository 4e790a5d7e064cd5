import {
  ownerKindSchema,
  sealedPutSchema,
  secretMetadataSchema,
  secretTargetSchema,
  slotSchema,
} from '@portcullis/contracts';
import { z } from 'zod';
import { organisationId, serverSlug, userId } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const slot = slotSchema.shape.slot.meta({ description: 'Name of a credential slot of the server.' });
const metadata = secretMetadataSchema.meta({
  id: 'Secret',
  description: 'Metadata: the value itself has no way out.',
});
const tag = 'Secrets';

const targetSchema = z.strictObject({ org: organisationId, ...secretTargetSchema.shape }).meta({
  id: 'SealingTarget',
  description: 'What the sealed value is bound to. Its RFC 8785 bytes are the aad.',
});

export const GET_SEALING_KEY = route({
  id: 'getSealingKey',
  method: 'GET',
  path: '/api/vault/key',
  tag,
  summary: 'How to seal a credential so that only the vault can open it.',
  access: { kind: 'holder', scope: 'credentials' },
  query: z.strictObject({
    server: serverSlug.optional(),
    slot: slot.optional(),
    owner: ownerKindSchema.optional(),
  }),
  reply: {
    status: 200,
    description: 'Key and instructions; with `server`, `slot` and `owner` the very target and aad too.',
    schema: z
      .strictObject({
        kid: z.string().meta({ description: 'Goes into `sealed.kid`.' }),
        publicKey: z.string().meta({ description: 'X25519, 32 bytes, base64url.' }),
        mode: z.literal('RFC 9180 base mode, single shot'),
        suite: z.literal('DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM'),
        info: z.literal('portcullis/v1/put').meta({ description: 'HPKE info: these ASCII bytes.' }),
        aad: z.string().meta({ description: 'How the HPKE aad is made.' }),
        plaintext: z.string(),
        target: targetSchema.nullable(),
        aadBase64url: z.string().nullable(),
        bundle: z.json().meta({
          description:
            'The trust bundle that lists the key, signed by the installation root: check it if you pin the root.',
        }),
      })
      .meta({ id: 'SealingKey' }),
  },
  errors: ['NOT_FOUND'],
});

export const LIST_SECRETS = route({
  id: 'listSecrets',
  method: 'GET',
  path: '/api/servers/:slug/secrets',
  tag,
  summary: 'Credentials kept for a server: metadata only.',
  access: { kind: 'key', operation: 'secret.list', scope: 'credentials' },
  params: z.strictObject({ slug: serverSlug }),
  reply: { status: 200, description: 'Metadata.', schema: z.strictObject({ secrets: z.array(metadata) }) },
  errors: ['NOT_FOUND', 'PAYLOAD_TOO_LARGE'],
});

const IN_CLEAR =
  'must not be sent: this API takes a credential only sealed to the vault (GET /api/vault/key says how). `portcullis secrets put` seals it for you. Treat what you have just sent as disclosed and replace it.';

const params = z.strictObject({ slug: serverSlug, slot });

export const PUT_SECRET = route({
  id: 'putSecret',
  method: 'PUT',
  path: '/api/servers/:slug/secrets/:slot',
  tag,
  summary:
    'Keep a credential for a server, or replace it. It arrives sealed to the vault: nothing on the way can read it.',
  access: { kind: 'grant', operation: 'secret.put', scope: 'credentials' },
  params,
  body: z.strictObject({
    owner: ownerKindSchema.meta({ description: '`organisation`, or `user`: whoever holds the key.' }),
    sealed: sealedPutSchema.meta({ description: 'enc and ciphertext in base64url.' }),
    value: z
      .never(IN_CLEAR)
      .optional()
      .meta({ description: 'Refused: there is no field for a credential in clear.' }),
  }),
  reply: { status: 200, description: 'Metadata.', schema: metadata },
  errors: [
    'NOT_FOUND',
    'AUDIT_UNAVAILABLE',
    'OUTCOME_UNRECORDED',
    'DECRYPTION_FAILED',
    'KEY_UNAVAILABLE',
    'CONFLICT',
    'GRANT_CONSUMED',
  ],
});

export const DELETE_SECRET = route({
  id: 'deleteSecret',
  method: 'DELETE',
  path: '/api/servers/:slug/secrets/:slot',
  tag,
  summary: 'Delete a credential. An admin may delete that of another user, to be named by `user`.',
  access: { kind: 'grant', operation: 'secret.delete', scope: 'credentials' },
  params,
  query: z.strictObject({ owner: ownerKindSchema, user: userId.optional() }),
  reply: {
    status: 200,
    description: 'Whether there was one.',
    schema: z.strictObject({ deleted: z.boolean() }),
  },
  errors: ['NOT_FOUND', 'AUDIT_UNAVAILABLE', 'OUTCOME_UNRECORDED', 'GRANT_CONSUMED'],
});

export const SECRET_ROUTES = [GET_SEALING_KEY, LIST_SECRETS, PUT_SECRET, DELETE_SECRET];
