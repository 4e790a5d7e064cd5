import { AppError, type JsonValue } from '@portcullis/contracts';
import { decodeHeaderValue, encodeHeaderValue } from './header-value.js';
import { isObject, type JsonObject } from './json-rpc.js';

/** An argument that the tool wants repeated in a header (MCP 2026-07-28, `x-mcp-header` in its input schema). */
interface Declaration {
  /** Lower case, as Node has header names. */
  header: string;
  path: readonly string[];
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const MAX_DEPTH = 16;

/** `Mcp-Param-*` headers for a call of the tool. */
export function paramHeaders(inputSchema: unknown, args: JsonObject): Record<string, string> {
  const entries = declarations(inputSchema).flatMap(({ header, path }) => {
    const value = primitiveAt(args, path);
    return value === undefined ? [] : [[header, encodeHeaderValue(String(value))]];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

/**
 * What stands before the gateway may have decided on the headers, and policy decides on the body: they must agree.
 *
 * @throws AppError `HEADER_MISMATCH`
 */
export function checkParamHeaders(
  inputSchema: unknown,
  args: JsonObject,
  headerOf: (name: string) => string | undefined,
): void {
  for (const { header, path } of declarations(inputSchema)) {
    const value = primitiveAt(args, path);
    if (value === undefined) continue;
    const presented = headerOf(header);
    const decoded = presented === undefined ? undefined : decodeHeaderValue(presented);
    if (decoded !== undefined && agrees(decoded, value)) continue;
    throw new AppError('HEADER_MISMATCH', `The header ${header} and the argument ${path.join('.')} differ.`);
  }
}

function agrees(decoded: string, value: string | number | boolean): boolean {
  if (typeof value !== 'number') return decoded === String(value);
  return /^-?\d+(\.\d+)?$/.test(decoded) ? Number(decoded) === value : decoded === String(value);
}

/** Declarations stand on properties that are reached through `properties` alone; anything else declares nothing. */
function declarations(schema: unknown, path: readonly string[] = []): Declaration[] {
  if (!isObject(schema) || path.length > MAX_DEPTH) return [];
  const name = schema['x-mcp-header'];
  const own =
    path.length > 0 && typeof name === 'string' && TOKEN.test(name)
      ? [{ header: `mcp-param-${name.toLowerCase()}`, path }]
      : [];
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return [
    ...own,
    ...Object.entries(properties).flatMap(([key, child]) => declarations(child, [...path, key])),
  ];
}

function primitiveAt(args: JsonObject, path: readonly string[]): string | number | boolean | undefined {
  let value: JsonValue | undefined = args;
  for (const key of path) {
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value === null || typeof value === 'object' ? undefined : value;
}
