import type { JsonValue } from '@portcullis/contracts';
import { isObject } from '../mcp/json-rpc.js';

/** What a value may cost in a record, and all of one record together, in UTF-16 units of its JSON. */
const MAX_VALUE = 2048;
const MAX_TOGETHER = 4096;

/** The value at one path into the arguments: `[path]` when nothing is there, `[path, value]` otherwise. */
export type ReferencedArgument = [string[]] | [string[], JsonValue];

/**
 * The values that rules of policy look at, for the sealed section of a record. What is too large is left out, so a path
 * that is missing here is not known to have been missing in the call.
 */
export function referencedArguments(paths: readonly string[][], args: unknown): ReferencedArgument[] {
  let room = MAX_TOGETHER;
  return paths.flatMap((path): ReferencedArgument[] => {
    const entry = entryOf(path, args);
    const size = JSON.stringify(entry).length;
    if (entry.length === 2 && (size > MAX_VALUE || size > room)) return [];
    if (size > room) return [];
    room -= size;
    return [entry];
  });
}

/** Walks own properties of objects only, as policy's conditions do. */
function entryOf(path: string[], args: unknown): ReferencedArgument {
  let value: unknown = args;
  for (const segment of path) {
    if (!isObject(value) || !Object.hasOwn(value, segment)) return [path];
    value = value[segment];
  }
  return [path, value as JsonValue];
}
