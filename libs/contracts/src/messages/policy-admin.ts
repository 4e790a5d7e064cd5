import { z } from 'zod';
import { conditionSchema } from './condition.js';
import {
  base64urlSchema,
  destinationSchema,
  hash32Schema,
  jwsSchema,
  labelSchema,
  nameSchema,
  slotSchema,
  slugSchema,
  timeSchema,
  toolNameSchema,
  ulidSchema,
} from './fields.js';
import { pinningSchema, policyDocumentSchema } from './policy-document.js';

/**
 * Any deny that applies wins, whatever the order; then, where an allow applies, any `require_approval` that applies;
 * then the allow.
 */
export const ruleSchema = z.strictObject({
  id: nameSchema,
  effect: z.enum(['allow', 'deny', 'require_approval']),
  /** Why there is such a rule: shown to whoever it denies. */
  description: z.string().max(300).optional(),
  /** An organisation-wide guard: for everyone, and never an allow. */
  guard: z.literal(true).optional(),
  subjects: z.strictObject({
    roles: z.array(nameSchema).max(64).optional(),
    groups: z.array(nameSchema).max(64).optional(),
    users: z.array(ulidSchema).max(256).optional(),
    everyone: z.literal(true).optional(),
  }),
  /** Slugs, or `*` for every server of the organisation. */
  servers: z
    .array(z.union([z.literal('*'), slugSchema]))
    .min(1)
    .max(64),
  /** Names or globs (`*` within a name). */
  tools: z
    .array(z.string().regex(/^[A-Za-z0-9_./*-]{1,128}$/))
    .min(1)
    .max(256),
  /** Missing: every label. */
  labels: z.array(labelSchema).min(1).optional(),
  when: conditionSchema.optional(),
  /** Of `require_approval` only. Who may approve (missing: admins), and how long a request and its approval last. */
  approval: z
    .strictObject({
      roles: z.array(nameSchema).min(1).max(64).optional(),
      groups: z.array(nameSchema).min(1).max(64).optional(),
      expiresInSeconds: z.int().min(60).max(604_800).optional(),
    })
    .optional(),
});
export type Rule = z.infer<typeof ruleSchema>;

const server = {
  srv: ulidSchema,
  slug: slugSchema,
  dst: destinationSchema,
  slots: z.array(slotSchema).max(16),
};

/** Administrative commands; each becomes facts of the organisation's policy stream, or nothing. */
export const policyCommandSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('RegisterOrganisation'),
    org: ulidSchema,
    founder: ulidSchema,
    home: z.boolean(),
  }),
  z.strictObject({ type: z.literal('AddMember'), user: ulidSchema }),
  z.strictObject({ type: z.literal('RemoveMember'), user: ulidSchema }),
  /** Ends a key or session: assertions of this `sid` up to and including the generation are denied from now on. */
  z.strictObject({
    type: z.literal('RevokeCredential'),
    sid: z.string().max(128),
    generation: z.int().min(0),
  }),
  z.strictObject({ type: z.literal('DefineRole'), role: nameSchema, description: z.string().max(500) }),
  z.strictObject({ type: z.literal('RemoveRole'), role: nameSchema }),
  z.strictObject({ type: z.literal('GrantRole'), user: ulidSchema, role: nameSchema }),
  z.strictObject({ type: z.literal('RevokeRole'), user: ulidSchema, role: nameSchema }),
  /** Defines the group, or changes its description and the roles that it brings. */
  z.strictObject({
    type: z.literal('DefineGroup'),
    group: nameSchema,
    description: z.string().max(500),
    roles: z.array(nameSchema).max(64),
  }),
  z.strictObject({ type: z.literal('RemoveGroup'), group: nameSchema }),
  z.strictObject({ type: z.literal('AddGroupMember'), group: nameSchema, user: ulidSchema }),
  z.strictObject({ type: z.literal('RemoveGroupMember'), group: nameSchema, user: ulidSchema }),
  z.strictObject({ type: z.literal('AddRule'), rule: ruleSchema }),
  z.strictObject({ type: z.literal('RemoveRule'), rule: nameSchema }),
  /**
   * Replaces all rules and guards, and sets the roles, groups, labels and pinning that the document names: those that it
   * does not name stay. Refused with `CONFLICT` when the policy is another one than the `basis` that was planned on.
   */
  z.strictObject({
    type: z.literal('ApplyPolicy'),
    document: policyDocumentSchema,
    /** Version of the policy as it was when the change was planned; missing: whatever it is now. */
    basis: hash32Schema.optional(),
  }),
  /** Brings back an earlier document that was applied, by its version. */
  z.strictObject({ type: z.literal('RollbackPolicy'), version: hash32Schema }),
  z.strictObject({ type: z.literal('ConnectServer'), ...server }),
  z.strictObject({ type: z.literal('ChangeServer'), ...server }),
  z.strictObject({ type: z.literal('RemoveServer'), srv: ulidSchema }),
  z.strictObject({ type: z.literal('SetPinning'), srv: ulidSchema, pinning: pinningSchema }),
  /** A null label takes the label away: the tool is unlabelled again, hence denied. */
  z.strictObject({
    type: z.literal('LabelTool'),
    srv: ulidSchema,
    tool: toolNameSchema,
    label: labelSchema.nullable(),
  }),
  /** Pins the definition with this digest, which must be the one that the server showed last. */
  z.strictObject({
    type: z.literal('ApproveToolDefinition'),
    srv: ulidSchema,
    tool: toolNameSchema,
    digest: hash32Schema,
  }),
  /** A null user means everybody. */
  z.strictObject({
    type: z.literal('DisableTool'),
    srv: ulidSchema,
    tool: toolNameSchema,
    user: ulidSchema.nullable(),
  }),
  z.strictObject({
    type: z.literal('EnableTool'),
    srv: ulidSchema,
    tool: toolNameSchema,
    user: ulidSchema.nullable(),
  }),
  z.strictObject({ type: z.literal('AddPolicyClient'), client: ulidSchema, name: z.string().max(120) }),
  z.strictObject({ type: z.literal('RevokePolicyClient'), client: ulidSchema }),
]);
export type PolicyCommand = z.infer<typeof policyCommandSchema>;

export const policyCommandRequestSchema = z.strictObject({
  /** Of the admin who asks; for RegisterOrganisation of whoever may create organisations, or null at bootstrap. */
  assertion: jwsSchema.nullable(),
  /** Idempotency: the same id never yields facts twice. */
  commandId: ulidSchema,
  commands: z.array(policyCommandSchema).min(1).max(64),
});
export type PolicyCommandRequest = z.infer<typeof policyCommandRequestSchema>;

export const policyCommandReplySchema = z.strictObject({
  revision: z.int().min(0),
  policyDigest: hash32Schema,
  facts: z.int().min(0),
  /** Tokens of policy clients that were added, sealed by HPKE to control's `seal` key; each is shown once. */
  clientTokens: z.array(
    z.strictObject({ client: ulidSchema, enc: hash32Schema, ciphertext: base64urlSchema }),
  ),
});
export type PolicyCommandReply = z.infer<typeof policyCommandReplySchema>;

export const policyStateRequestSchema = z.strictObject({ assertion: jwsSchema });
export type PolicyStateRequest = z.infer<typeof policyStateRequestSchema>;

export const policyStateSchema = z.strictObject({
  revision: z.int().min(0),
  policyDigest: hash32Schema,
  /** Content address of roles, groups, labels, pinning and rules as they are now; `basis` of an `ApplyPolicy`. */
  version: hash32Schema,
  /** `roles` with those that groups bring. */
  members: z.array(
    z.strictObject({
      user: ulidSchema,
      roles: z.array(nameSchema),
      groups: z.array(nameSchema),
      since: timeSchema,
    }),
  ),
  groups: z.array(z.strictObject({ group: nameSchema, description: z.string(), roles: z.array(nameSchema) })),
  roles: z.array(z.strictObject({ role: nameSchema, description: z.string(), builtin: z.boolean() })),
  rules: z.array(ruleSchema),
  servers: z.array(z.strictObject({ ...server, pinning: pinningSchema })),
  labels: z.array(z.strictObject({ srv: ulidSchema, tool: toolNameSchema, label: labelSchema })),
  /** Tools whose definition a server has shown. `pinned` is the one that calls are let through for, `seen` the last one. */
  definitions: z.array(
    z.strictObject({
      srv: ulidSchema,
      tool: toolNameSchema,
      pinned: hash32Schema.nullable(),
      seen: hash32Schema.nullable(),
    }),
  ),
  disabled: z.array(z.strictObject({ srv: ulidSchema, tool: toolNameSchema, user: ulidSchema.nullable() })),
  clients: z.array(z.strictObject({ client: ulidSchema, name: z.string(), since: timeSchema })),
});
export type PolicyState = z.infer<typeof policyStateSchema>;

export const toolDefinitionRequestSchema = z.strictObject({
  assertion: jwsSchema,
  srv: ulidSchema,
  tool: toolNameSchema,
});
export type ToolDefinitionRequest = z.infer<typeof toolDefinitionRequestSchema>;

const describedSchema = z.strictObject({
  digest: hash32Schema,
  /** Null where it was too large to keep. */
  definition: z.record(z.string(), z.json()).nullable(),
});

/** What an admin looks at before approving: the pinned definition, the one seen last, and what differs. */
export const toolDefinitionReplySchema = z.strictObject({
  pinned: describedSchema.nullable(),
  seen: describedSchema.nullable(),
  changes: z.array(
    z.strictObject({
      /** JSON Pointer (RFC 6901) into the definition. */
      pointer: z.string(),
      /** Missing where the definition had, or has, nothing there. */
      before: z.json().optional(),
      after: z.json().optional(),
    }),
  ),
});
export type ToolDefinitionReply = z.infer<typeof toolDefinitionReplySchema>;

export const activePolicyRequestSchema = z.strictObject({ assertion: jwsSchema });
export type ActivePolicyRequest = z.infer<typeof activePolicyRequestSchema>;

/** What one replica of policy decides on, for the organisation of the assertion. */
export const activePolicySchema = z.strictObject({
  /** Names the process, as in its lease. */
  replica: ulidSchema,
  revision: z.int().min(0),
  policyDigest: hash32Schema,
});
export type ActivePolicy = z.infer<typeof activePolicySchema>;
