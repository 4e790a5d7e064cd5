import { toolAnnotationsOf, toolDefinitionDigest, type ToolAnnotations } from '@portcullis/contracts';
import { isObject, type JsonObject } from './json-rpc.js';

/** A tool as its upstream describes it. */
export interface ToolDefinition {
  /** The upstream's own name. */
  name: string;
  /** As received, for the client. */
  definition: JsonObject;
  /** See `toolDefinitionDigest`. */
  digest: string;
  annotations: ToolAnnotations;
}

/** UTF-16 units of its JSON. No client would show a model more. */
const MAX_DEFINITION = 262_144;

const NAME = /^[A-Za-z0-9_./-]{1,128}$/;

/**
 * Null for what can't be governed: no name, one with characters that could be mistaken for others, or a definition that
 * has no canonical form (numbers that don't survive JSON), hence no digest, or is too large to be told to policy.
 */
export function readToolDefinition(value: unknown): ToolDefinition | null {
  if (!isObject(value)) return null;
  const { name } = value;
  if (typeof name !== 'string' || !NAME.test(name)) return null;
  if (JSON.stringify(value).length > MAX_DEFINITION) return null;
  const digest = definitionDigest(value);
  return digest === null
    ? null
    : { name, definition: value, digest, annotations: toolAnnotationsOf(value['annotations']) };
}

function definitionDigest(definition: JsonObject): string | null {
  try {
    return toolDefinitionDigest(definition);
  } catch {
    return null;
  }
}
