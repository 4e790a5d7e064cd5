import {
  keksReplySchema,
  retireKekReplySchema,
  rewrapArgumentsSchema,
  rewrapReplySchema,
  rotateKekArgumentsSchema,
  rotateKekReplySchema,
  kekIdSchema,
} from '@portcullis/contracts';
import { z } from 'zod';
import { route } from '../http/route.js';

const tag = 'Key-encryption keys';
const path = '/api/vault/keks';
const KEY_ERRORS = ['KEY_UNAVAILABLE', 'CONFLICT', 'FAILED_PRECONDITION'] as const;

export const GET_KEKS = route({
  id: 'getKeks',
  method: 'GET',
  path,
  tag,
  summary:
    'Which keys wrap owner keys and how many each, the rewrap under way, and the report of the last one.',
  access: { kind: 'key', operation: 'kek.read', scope: 'admin' },
  reply: { status: 200, description: 'The state of the keys.', schema: keksReplySchema.meta({ id: 'Keks' }) },
  errors: ['KEY_UNAVAILABLE'],
});

export const ROTATE_KEK = route({
  id: 'rotateKek',
  method: 'POST',
  path: `${path}/rotations`,
  tag,
  summary:
    'Give the primary key one more version, which seals from now on. `primary`: the id that it has now.',
  access: { kind: 'grant', operation: 'kek.rotate', scope: 'admin' },
  body: rotateKekArgumentsSchema,
  reply: { status: 201, description: 'The id that seals now.', schema: rotateKekReplySchema },
  errors: KEY_ERRORS,
});

export const START_REWRAP = route({
  id: 'startRewrap',
  method: 'POST',
  path: `${path}/rewraps`,
  tag,
  summary:
    'Begin to wrap every owner key by the key that seals. It goes on in the background, also after a restart.',
  access: { kind: 'grant', operation: 'kek.rewrap', scope: 'admin' },
  body: z.strictObject({ rowsPerSecond: rewrapArgumentsSchema.shape.rowsPerSecond.default(2000) }),
  reply: { status: 201, description: 'It has begun.', schema: rewrapReplySchema },
  errors: KEY_ERRORS,
});

export const RETIRE_KEK = route({
  id: 'retireKek',
  method: 'POST',
  path: `${path}/retirements`,
  tag,
  summary:
    'From now on this version, and all before it, open nothing. Refused while one of them wraps an owner key.',
  access: { kind: 'grant', operation: 'kek.retire', scope: 'admin' },
  body: z.strictObject({ kekId: kekIdSchema }),
  reply: { status: 201, description: 'It is retired.', schema: retireKekReplySchema },
  errors: KEY_ERRORS,
});

export const KEK_ROUTES = [GET_KEKS, ROTATE_KEK, START_REWRAP, RETIRE_KEK];
