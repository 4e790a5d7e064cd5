import { policyDocumentSchema } from '@portcullis/contracts';
import { z } from 'zod';

/** Says what kind of file it is, so that a newer format is refused by an older reader and nothing else is taken for policy. */
export const POLICY_FORMAT = 'policy/v1';

const { roles, groups, servers, rules, guards } = policyDocumentSchema.shape;
const about = (description: string) => ({ description });

const guard = guards.element.extend({
  servers: guards.element.shape.servers.optional().meta(about('Slugs. Missing: every server.')),
  tools: guards.element.shape.tools.optional().meta(about('Names or globs. Missing: every tool.')),
});

const group = groups.valueType.extend({
  description: groups.valueType.shape.description.optional(),
});

const server = servers.valueType.extend({ tools: servers.valueType.shape.tools.optional() });

/** One file of policy as it is written. Every section may be missing; files of one policy are merged. */
export const policyFileSchema = z
  .strictObject({
    portcullis: z.literal(POLICY_FORMAT).meta(about('The format of this file.')),
    roles: roles.optional().meta(about('Name → description. Who holds a role is not policy.')),
    groups: z
      .record(groups.keyType, group)
      .optional()
      .meta(about('Name → what it is for and which roles it brings. Who is in a group is not policy.')),
    servers: z
      .record(servers.keyType, server)
      .optional()
      .meta(about('Slug → labels of its tools, and how strictly definitions are pinned.')),
    guards: z
      .array(guard)
      .max(1_000)
      .optional()
      .meta(about('Organisation-wide: for everyone, above all rules.')),
    rules: rules
      .optional()
      .meta(about('Any deny that applies wins, whatever the order; what nothing allows is denied.')),
  })
  .meta({ title: 'Portcullis policy' });
export type PolicyFile = z.infer<typeof policyFileSchema>;
