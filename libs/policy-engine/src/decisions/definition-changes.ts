import { isDeepStrictEqual } from 'node:util';
import type { ToolDefinitionReply } from '@portcullis/contracts';

type Change = ToolDefinitionReply['changes'][number];
type Json = NonNullable<Change['before']>;

/** More would not be looked at; the digests still tell that something differs. */
const MAX_CHANGES = 500;

const pointer = (at: string, key: string): string =>
  `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

const isObject = (value: unknown): value is Record<string, Json> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** What differs between two definitions of a tool, by place, in the order of the keys. Lists are compared as wholes. */
export function definitionChanges(before: object | null, after: object | null): Change[] {
  if (before === null || after === null) return [];
  const changes: Change[] = [];
  collect(changes, '', before as Json, after as Json);
  return changes.slice(0, MAX_CHANGES);
}

function collect(changes: Change[], at: string, before: Json | undefined, after: Json | undefined): void {
  if (changes.length > MAX_CHANGES || isDeepStrictEqual(before, after)) return;
  if (!isObject(before) || !isObject(after)) {
    changes.push({
      pointer: at,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
    return;
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  for (const key of keys) {
    const [was, is] = [before, after].map((side) => (Object.hasOwn(side, key) ? side[key] : undefined));
    collect(changes, pointer(at, key), was, is);
  }
}
