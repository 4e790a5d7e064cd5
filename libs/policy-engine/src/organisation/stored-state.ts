import { AppError } from '@portcullis/contracts';
import type { JsonValue } from '@portcullis/eventing';
import { z } from 'zod';
import * as f from '../facts/fields.js';
import type { PolicyState } from './state.js';

/**
 * Raise it whenever {@link PolicyState} gets another shape, or folding the same facts gives another state: what an older
 * version has stored is then folded anew. `test/golden-state` holds what the golden facts add up to in this version.
 */
export const STATE_VERSION = 1;

/** Order is kept: whatever lists a map or a set shows the same after it was stored. */
const mapOf = <V extends z.ZodType>(value: V) =>
  z.codec(
    z.array(z.tuple([z.string(), value])),
    z.custom<ReadonlyMap<string, z.output<V>>>((it) => it instanceof Map),
    {
      decode: (entries) => new Map(entries as [string, z.output<V>][]),
      encode: (map) => [...map] as never,
    },
  );

const isWord = (item: unknown): boolean => typeof item === 'string' && item !== '' && !item.includes(' ');

/** Most sets are empty, and nobody changes one. */
const NONE: ReadonlySet<string> = new Set();

/** Of ids or names, which have no spaces, as one text: most of what a state holds are ids of commands. */
const setOf = z.codec(
  z.string(),
  z.custom<ReadonlySet<string>>((it) => it instanceof Set && [...it].every(isWord)),
  {
    decode: (text) => (text === '' ? NONE : new Set(text.split(' '))),
    encode: (set) => [...set].join(' '),
  },
);

const toolDefinition = { digest: f.hash, definition: f.definition.nullable() };

/** A field of the state that is missing here, or is of another type, does not compile. */
const fields = {
  org: f.id.nullable(),
  time: z.string(),
  home: z.boolean(),
  founder: f.id.nullable(),
  members: mapOf(z.strictObject({ since: f.time, roles: setOf, groups: setOf })),
  revoked: mapOf(z.int().min(0)),
  roles: mapOf(z.string()),
  groups: mapOf(z.strictObject({ description: z.string(), roles: setOf })),
  rules: mapOf(f.storedRule),
  version: f.hash.nullable(),
  servers: mapOf(z.strictObject({ ...f.server, pinning: f.pinning })),
  tools: mapOf(
    mapOf(
      z.strictObject({
        label: f.label.nullable(),
        disabledForAll: z.boolean(),
        disabledFor: setOf,
        pinned: z.strictObject(toolDefinition).nullable(),
        seen: z.strictObject({ ...toolDefinition, at: f.time }).nullable(),
      }),
    ),
  ),
  clients: mapOf(
    z.strictObject({
      client: f.id,
      name: z.string(),
      since: f.time,
      generation: z.int().min(1),
      active: z.boolean(),
      addedBy: f.id,
    }),
  ),
  approvals: mapOf(
    z.strictObject({
      ...f.approvalRequest,
      requestedAt: f.time,
      status: z.enum(['pending', 'granted', 'refused', 'consumed']),
      decidedBy: z.string().nullable(),
      call: f.id.nullable(),
    }),
  ),
  commands: z.strictObject({ full: z.array(setOf), open: setOf }),
} satisfies { [K in keyof Required<PolicyState>]: z.ZodType<PolicyState[K]> };

const storedState = z.strictObject(fields);

/**
 * The state as JSON that {@link readState} makes the same state of.
 * @throws AppError INTERNAL when it has something that would be lost
 */
export function storeState(state: PolicyState): JsonValue {
  const stored = z.safeEncode(storedState, state as z.output<typeof storedState>);
  if (stored.success) return stored.data as JsonValue;
  throw new AppError('INTERNAL', 'The state of a policy can not be stored.', { cause: stored.error });
}

/** @throws AppError INTERNAL for anything that {@link storeState} of this version would not have given */
export function readState(value: unknown): PolicyState {
  const state = storedState.safeParse(value);
  if (state.success) return state.data;
  throw new AppError('INTERNAL', 'A stored state of a policy can not be read.', { cause: state.error });
}
