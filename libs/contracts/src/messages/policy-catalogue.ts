import { z } from 'zod';
import { labelSchema, nameSchema, slugSchema, toolNameSchema, ulidSchema } from './fields.js';

const catalogueToolSchema = z.strictObject({
  /** Null: the tool was seen and nobody has labelled it. */
  label: labelSchema.nullable(),
  /** JSON Schema of its arguments, as the server gives it; missing where the tool has not been seen. */
  inputSchema: z.json().optional(),
});

/** What a policy document is validated against: who and what there is in an organisation. */
export const policyCatalogueSchema = z.strictObject({
  /** Custom roles; built-in ones are always there. */
  roles: z.array(nameSchema),
  groups: z.record(nameSchema, z.strictObject({ roles: z.array(nameSchema) })),
  /** `roles` as granted, without those that groups bring. */
  members: z.array(
    z.strictObject({ user: ulidSchema, roles: z.array(nameSchema), groups: z.array(nameSchema) }),
  ),
  servers: z.record(slugSchema, z.strictObject({ tools: z.record(toolNameSchema, catalogueToolSchema) })),
});
export type PolicyCatalogue = z.infer<typeof policyCatalogueSchema>;
