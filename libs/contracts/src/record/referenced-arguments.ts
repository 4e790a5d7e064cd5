import type { JsonValue } from '../encoding/canonical-json.js';

/** What a value may cost in a record, and all of one record together, in UTF-16 units of its JSON. */
const MAX_VALUE = 2048;
const MAX_TOGETHER = 4096;

/**
 * What is known of the arguments at one path. `[path, value]`: that value is there. `[path]`: everything above it is an
 * object, and it is not there.
 */
export type ReferencedArgument = [string[]] | [string[], JsonValue];

/**
 * The values that rules of policy look at, for the sealed section of a record. Where the way to one ends before it does, the
 * entry says where: at the first key that is missing, or at the value that is no object and so has no keys.
 *
 * What is too large is left out, so a path of which nothing is said is not known to have been missing in the call.
 */
export function referencedArguments(paths: readonly string[][], args: unknown): ReferencedArgument[] {
  const entries = new Map(paths.map((path) => entryOf(path, args)).map((entry) => [keyOf(entry), entry]));
  let room = MAX_TOGETHER;
  return [...entries.values()].flatMap((entry): ReferencedArgument[] => {
    const size = JSON.stringify(entry).length;
    if (entry.length === 2 && (size > MAX_VALUE || size > room)) return [];
    if (size > room) return [];
    room -= size;
    return [entry];
  });
}

const keyOf = ([path]: ReferencedArgument): string => JSON.stringify(path);

/** Walks own properties of objects only, as policy's conditions do. */
function entryOf(path: string[], args: unknown): ReferencedArgument {
  let value: unknown = args;
  for (const [index, segment] of path.entries()) {
    if (!isObject(value)) return [path.slice(0, index), value as JsonValue];
    if (!Object.hasOwn(value, segment)) return [path.slice(0, index + 1)];
    value = value[segment];
  }
  return [path, value as JsonValue];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
