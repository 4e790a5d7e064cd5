import { z } from 'zod';

/**
 * Fields of stored facts. They are frozen with the facts and therefore not those of the message contracts, which may
 * grow: what has been written once must be readable for ever.
 */
export const id = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
export const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,23}$/);
export const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/);
export const tool = z.string().regex(/^[A-Za-z0-9_./-]{1,128}$/);
const toolPattern = z.string().regex(/^[A-Za-z0-9_./*-]{1,128}$/);
export const label = z.enum(['read', 'write', 'destructive']);
export const time = z.iso.datetime({ precision: 3 });
export const slot = z.strictObject({ slot: name, owner: z.enum(['organisation', 'user']) });
export const actor = z.strictObject({
  kind: z.enum(['user', 'agent', 'system', 'service']),
  id: z.string().max(128).nullable(),
});
export type Actor = z.infer<typeof actor>;

export const server = { srv: id, slug, dst: z.string().min(8).max(300), slots: z.array(slot).max(16) };

/** The first version of {@link storedRule}: frozen. */
export const storedRuleV1 = z.strictObject({
  id: name,
  effect: z.enum(['allow', 'deny']),
  subjects: z.strictObject({
    roles: z.array(name).max(64).optional(),
    users: z.array(id).max(256).optional(),
    everyone: z.literal(true).optional(),
  }),
  servers: z
    .array(z.union([z.literal('*'), id]))
    .min(1)
    .max(64),
  tools: z.array(toolPattern).min(1).max(256),
  labels: z.array(label).min(1).optional(),
  when: z.record(z.string(), z.json()).optional(),
});

/** A rule as it is kept: servers by id, so that a slug which passes to another server takes no permission along. */
export const storedRule = storedRuleV1.extend({
  effect: z.enum(['allow', 'deny', 'require_approval']),
  description: z.string().max(300).optional(),
  guard: z.literal(true).optional(),
  subjects: storedRuleV1.shape.subjects.extend({ groups: z.array(name).max(64).optional() }),
  approval: z
    .strictObject({
      roles: z.array(name).min(1).max(64).optional(),
      groups: z.array(name).min(1).max(64).optional(),
      expiresInSeconds: z.int().min(60).max(604_800).optional(),
    })
    .optional(),
});
export type StoredRule = z.infer<typeof storedRule>;

/** SHA-256 in base64url. */
export const hash = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** What an approval is bound to: this person, this tool as it is described now, exactly these arguments. */
export const approvalRequest = {
  approval: id,
  user: id,
  srv: id,
  tool,
  definition: hash.nullable(),
  /** HMAC under a key of policy's own: arguments can't be guessed from it. */
  arguments: hash,
  /** The rule that asks for it, and whom it lets approve. */
  rule: name,
  roles: z.array(name).max(64),
  groups: z.array(name).max(64),
  expiresAt: time,
};

/** What happens to a tool whose definition nobody has approved yet, or has changed. */
export const pinning = z.enum(['first_sight', 'approve_first', 'off']);

/** A policy as a document: everything of it that is written rather than happens. Servers by id; guards among the rules. */
export const storedDocument = z.strictObject({
  roles: z.record(name, z.string().max(500)),
  groups: z.record(name, z.strictObject({ description: z.string().max(500), roles: z.array(name).max(64) })),
  // Lists, not objects by name: a tool may be called `__proto__`.
  servers: z.array(z.strictObject({ srv: id, pinning, tools: z.array(z.strictObject({ tool, label })) })),
  rules: z.array(storedRule),
});
export type StoredDocument = z.infer<typeof storedDocument>;

/** A tool as its MCP server describes it in `tools/list`. */
export const definition = z.record(z.string(), z.json());
