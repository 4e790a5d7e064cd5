import { z } from 'zod';
import { hash32Schema, jwsSchema, timeSchema, ulidSchema } from './fields.js';
import { factPlaceSchema } from './policy-history.js';
import { policyDocumentSchema } from './policy-document.js';

const decided = z.enum(['allow', 'deny', 'approval_required']);
const calls = z.int().min(0);
const samples = z.array(ulidSchema);

/** Why a call could not be decided again exactly. A call is counted once, under the first that applies. */
export const inexactReasonSchema = z.enum([
  /** Its record names a revision that the policy does not have. */
  'policy_unknown',
  /** The policy of its revision, asked what the record says, does not decide what the record says. */
  'not_reproduced',
  /** With today's members and servers: what it was about, or who made it, is gone. */
  'server_gone',
  'member_gone',
  'credential_gone',
  /** The candidate looks at arguments that are known, if at all, in the sealed section only. */
  'arguments_sealed',
  /** The candidate looks at the client's address, which is in the sealed section only. */
  'address_sealed',
  /** The candidate looks at arguments of which the sealed section says nothing: no rule of then did, or they were too large. */
  'arguments_not_kept',
  /** It depends on the sealed section, and the person's key has been destroyed. */
  'sealed_erased',
  /** It depends on the sealed section, which is not what was sealed about this person. */
  'sealed_unreadable',
  /** It depends on the sealed section, and the record has none. */
  'sealed_missing',
  /** The candidate looks at something that a record of that time does not hold. */
  'inputs_not_recorded',
]);
export type InexactReason = z.infer<typeof inexactReasonSchema>;

/** What is asked. With the same log and policy, the same request always gives the same report, byte for byte. */
export const simulationSchema = z.strictObject({
  /** What would be applied; null: nothing, so that the log is checked against the policy as it was. */
  document: policyDocumentSchema.nullable(),
  /** Of the records, by audit's clock: from ≤ time < to. `to` is not in the future. */
  from: timeSchema,
  to: timeSchema,
  /** What the document is applied to: the policy of each call's own revision, or the one of `revision`. */
  basis: z.enum(['then', 'now']),
  /** The policy that the document is checked against, "today"; null: the latest. Answers say which it was. */
  revision: z.int().min(0).nullable(),
  /** Calls that depend on what is sealed have their sections opened by the vault, which is recorded; missing: they are not. */
  sealed: z.literal(true).optional(),
});
export type Simulation = z.infer<typeof simulationSchema>;

const outcomeOfRuleSchema = z.strictObject({ decision: decided, rule: z.string() });

/** Calls whose decision differs. Counts are whole; lists are cut to the largest, and `others` has what was cut off. */
const flipsSchema = z.strictObject({
  total: calls,
  byDecision: z.array(z.strictObject({ from: decided, to: decided, calls, samples })),
  byRule: z.array(z.strictObject({ from: outcomeOfRuleSchema, to: outcomeOfRuleSchema, calls, samples })),
  byUser: z.array(
    z.strictObject({ user: z.string().nullable(), from: decided, to: decided, calls, samples }),
  ),
  byTool: z.array(
    z.strictObject({
      srv: z.string().nullable(),
      tool: z.string().nullable(),
      op: z.string(),
      from: decided,
      to: decided,
      calls,
      samples,
    }),
  ),
  others: z.strictObject({ byRule: calls, byUser: calls, byTool: calls }),
});

/** The fields come in this order, and by RFC 8785 too: how much of it is exact comes first. */
export const simulationReportSchema = z.strictObject({
  calls: z.strictObject({
    total: calls,
    /** Decided again exactly: what follows is about these. */
    exact: calls,
    /** `exact / total` rounded down to six digits; 1 where there is no call. */
    exactShare: z.number().min(0).max(1),
  }),
  flips: flipsSchema,
  /** The other calls, by reason, most first. */
  inexact: z.array(z.strictObject({ reason: inexactReasonSchema, calls, samples })),
  /** Rows that were decided again. `digest`: SHA-256 over each row's canonical JSON and a line feed, in order. */
  log: z.strictObject({ digest: hash32Schema, rows: calls }),
  period: z.strictObject({ from: timeSchema, to: timeSchema }),
  policy: z.strictObject({
    basis: z.enum(['then', 'now']),
    current: z.strictObject({ ...factPlaceSchema.shape, digest: hash32Schema, version: hash32Schema }),
    /** `digest`, `version`: of the current policy with the document applied. Null where there is none. */
    candidate: z.strictObject({ digest: hash32Schema, version: hash32Schema }).nullable(),
  }),
  /**
   * Only where sealed sections were to be opened: for how many calls, and SHA-256 over the canonical JSON of
   * `[recordId, state, box]` and a line feed for each, in order. The box is the ciphertext as the record has it, null without one.
   */
  sealed: z.strictObject({ digest: hash32Schema, sections: calls }).optional(),
  v: z.literal(1),
});
export type SimulationReport = z.infer<typeof simulationReportSchema>;

/**
 * Starts a simulation, or asks after it: the same request again. Whichever replica is asked knows it or begins it, and
 * the answer waits some seconds for the end. Nobody asking any more ends it.
 */
export const simulateRequestSchema = z.strictObject({
  assertion: jwsSchema,
  simulation: simulationSchema,
  /** Of the same admin, made by control for the vault: needed where sealed sections are to be opened. */
  vaultAssertion: jwsSchema.optional(),
  cancel: z.literal(true).optional(),
});
export type SimulateRequest = z.infer<typeof simulateRequestSchema>;

export const simulateReplySchema = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('running'),
    /** To be asked for from now on, so that what follows is about the same policy. */
    revision: z.int().min(0),
    calls,
    /** Time of the last record that was decided again, null before the first. */
    until: timeSchema.nullable(),
  }),
  z.strictObject({
    state: z.literal('done'),
    revision: z.int().min(0),
    /** The report's canonical JSON (RFC 8785). */
    report: z.string().max(800_000),
  }),
  z.strictObject({ state: z.literal('cancelled'), revision: z.int().min(0) }),
]);
export type SimulateReply = z.infer<typeof simulateReplySchema>;
