import { conditionSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { conditionDefinitions } from './condition-schema.js';
import { policyFileSchema } from './policy-file.js';

/**
 * JSON Schema (draft 7, which editors read) of a policy file, made of the schema that files are checked with; published
 * as `docs/reference/policy.schema.json`. Says nothing of what one part of a policy means to another.
 */
export function policyJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(policyFileSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== conditionSchema) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
      jsonSchema.$ref = '#/definitions/condition';
    },
  });
  return { ...schema, definitions: conditionDefinitions() };
}
