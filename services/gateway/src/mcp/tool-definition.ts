import { b64u, canonicalBytes, sha256, type ToolAnnotations } from '@portcullis/contracts';
import { isObject, type JsonObject } from './json-rpc.js';

/** A tool as its upstream describes it. */
export interface ToolDefinition {
  /** The upstream's own name. */
  name: string;
  /** As received, for the client. */
  definition: JsonObject;
  /** SHA-256 over the canonical JSON of the whole definition, base64url. */
  digest: string;
  annotations: ToolAnnotations;
}

const NAME = /^[A-Za-z0-9_./-]{1,128}$/;

/**
 * Null for what can't be governed: no name, one with characters that could be mistaken for others, or a definition that
 * has no canonical form (numbers that don't survive JSON), hence no digest.
 */
export function readToolDefinition(value: unknown): ToolDefinition | null {
  if (!isObject(value)) return null;
  const { name } = value;
  if (typeof name !== 'string' || !NAME.test(name)) return null;
  const digest = definitionDigest(value);
  return digest === null
    ? null
    : { name, definition: value, digest, annotations: readAnnotations(value['annotations']) };
}

function definitionDigest(definition: JsonObject): string | null {
  try {
    return b64u(sha256('portcullis/tool/v1\0', canonicalBytes(definition)));
  } catch {
    return null;
  }
}

function readAnnotations(value: unknown): ToolAnnotations {
  if (!isObject(value)) return {};
  const { readOnlyHint, destructiveHint } = value;
  return {
    ...(typeof readOnlyHint === 'boolean' ? { readOnlyHint } : {}),
    ...(typeof destructiveHint === 'boolean' ? { destructiveHint } : {}),
  };
}
