import { AppError } from '@portcullis/contracts';
import type { ZodType } from 'zod';
import type { JsonValue } from '../store/event-store.js';
import type { EventDefinition } from './event-definition.js';

/** What of a stored event the codec looks at. */
export interface EncodedEvent {
  /** `<name>.v<version>` */
  type: string;
  data: JsonValue;
}

export interface EventCodec<Event> {
  /** @throws AppError INTERNAL when the event is unknown or its data breaks the schema: it must not be stored. */
  encode(event: Event): EncodedEvent;
  /**
   * The event in its newest version.
   * @throws AppError INTERNAL, `details.type` when the type or version is unknown, or the data breaks its schema.
   * A reader MUST NOT skip such an event: it may be the one that takes a permission away.
   */
  decode(stored: EncodedEvent): Event;
  /** Every stored type the codec can decode. */
  readonly storedTypes: readonly string[];
}

type EventOf<Definition> =
  Definition extends EventDefinition<infer Name, infer Data> ? { type: Name; data: Data } : never;

/** The union of the events of a codec: `type PolicyEvent = CodecEvent<typeof policyCodec>`. */
export type CodecEvent<Codec> = Codec extends EventCodec<infer Event> ? Event : never;

// Data is invariant through `next`, so the constraint has to leave it open.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyDefinition = EventDefinition<string, any>;

const STORED_TYPE = /^(.+)\.v([1-9]\d*)$/;

export function eventCodec<const Definitions extends readonly AnyDefinition[]>(
  ...definitions: Definitions
): EventCodec<EventOf<Definitions[number]>> {
  const byName = new Map<string, AnyDefinition>();
  for (const definition of definitions) {
    if (byName.has(definition.name)) throw new Error(`The event ${definition.name} is defined twice`);
    byName.set(definition.name, definition);
  }
  return {
    storedTypes: definitions.flatMap(({ name, versions }) =>
      versions.map((_, index) => `${name}.v${index + 1}`),
    ),
    encode: (event) => encode(byName.get(event.type), event),
    decode: (stored) => decode(byName, stored) as EventOf<Definitions[number]>,
  };
}

function encode(definition: AnyDefinition | undefined, event: { type: string; data: unknown }): EncodedEvent {
  const type = definition ? `${definition.name}.v${definition.versions.length}` : event.type;
  if (!definition) throw unreadable(type, 'The event is not known');
  const data = check(definition.versions.at(-1)!.schema, type, event.data);
  return { type, data: data as JsonValue };
}

function decode(byName: ReadonlyMap<string, AnyDefinition>, stored: EncodedEvent): unknown {
  const [, name = '', digits = ''] = STORED_TYPE.exec(stored.type) ?? [];
  const definition = byName.get(name);
  const first = Number(digits) - 1;
  if (!definition?.versions[first])
    throw unreadable(stored.type, 'The stored event is of an unknown type or version');
  let data: unknown = stored.data;
  for (const [index, version] of definition.versions.entries()) {
    if (index < first) continue;
    data = check(version.schema, `${name}.v${index + 1}`, data);
    if (version.upcast) data = version.upcast(data as never);
  }
  return { type: name, data };
}

function check(schema: ZodType, type: string, data: unknown): unknown {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw unreadable(type, 'The data of the event breaks its schema', result.error);
}

const unreadable = (type: string, message: string, cause?: unknown): AppError =>
  new AppError('INTERNAL', message, { details: { type }, cause });
