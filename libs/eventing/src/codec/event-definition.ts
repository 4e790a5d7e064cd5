import type { ZodType } from 'zod';

interface Version {
  schema: ZodType;
  /** Turns valid data of this version into data of the next one. Pure, and imports nothing that still changes. */
  upcast?: (data: never) => unknown;
}

/**
 * One kind of event and every version of it that was ever written. A published schema is frozen: add optional fields
 * to the last one, or add a version. Schemas validate, they don't transform: what they accept is stored as it is.
 */
export class EventDefinition<Name extends string, Data> {
  readonly name: Name;
  readonly versions: readonly Version[];
  /** Only for the type. */
  declare readonly data: Data;

  constructor(name: Name, versions: readonly Version[]) {
    this.name = name;
    this.versions = versions;
  }

  /** Adds the next version; `upcast` brings data of the version before it up to this one. */
  next<Next>(schema: ZodType<Next>, upcast: (data: Data) => Next): EventDefinition<Name, Next> {
    const earlier = this.versions.slice(0, -1);
    const last = { ...this.versions.at(-1)!, upcast };
    return new EventDefinition<Name, Next>(this.name, [...earlier, last, { schema }]);
  }
}

/** `defineEvent('policy.RoleGranted', schema)` is stored as `policy.RoleGranted.v1`. */
export function defineEvent<const Name extends string, Data>(
  name: Name,
  schema: ZodType<Data>,
): EventDefinition<Name, Data> {
  if (/\.v\d+$/.test(name)) throw new Error(`The name of an event has no version: ${name}`);
  return new EventDefinition<Name, Data>(name, [{ schema }]);
}
