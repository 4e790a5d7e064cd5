import {
  actorKindSchema,
  annotationsSchema,
  contextSchema,
  decisionSchema,
  labelSchema,
  nameSchema,
  slugSchema,
  toolNameSchema,
  ulidSchema,
} from '@portcullis/contracts';
import { z } from 'zod';

export const TESTS_FORMAT = 'policy-tests/v1';

/** Names of principals and calls: for people. */
const title = z.string().min(1).max(100);

const principalSchema = z.strictObject({
  /** Where a rule names the user. Missing: somebody. */
  user: ulidSchema.optional(),
  roles: z.array(nameSchema).optional(),
  groups: z.array(nameSchema).optional(),
  client: z.string().max(128).optional(),
  agent: z.string().max(128).optional(),
  kind: actorKindSchema.optional(),
  /** Missing: not asked by a session, so no scope holds anything back. */
  scopes: z.array(z.string().max(64)).optional(),
});

const callSchema = z.strictObject({
  server: slugSchema,
  tool: toolNameSchema,
  /** Where neither the policy nor a catalogue labels the tool. */
  label: labelSchema.optional(),
  arguments: z.record(z.string(), z.json()).optional(),
  context: contextSchema.optional(),
  annotations: annotationsSchema.optional(),
  /** When; missing: the time of the file. */
  time: z.iso.datetime({ offset: true }).optional(),
});

/** Of the decision, and of the record that audit would keep of it. */
const expectedSchema = z.union([
  decisionSchema.shape.decision,
  z
    .strictObject({
      decision: decisionSchema.shape.decision.optional(),
      rule: z.string().max(128).optional(),
      label: labelSchema.nullable().optional(),
      /** Codes of the reasons, in their order. */
      reasons: z.array(z.string().max(64)).optional(),
    })
    .refine((expected) => Object.keys(expected).length > 0, 'expects nothing'),
]);
export type Expected = z.infer<typeof expectedSchema>;

const testSchema = z
  .strictObject({
    name: title,
    /** Missing: all. */
    principals: z.array(title).min(1).optional(),
    calls: z.array(title).min(1).optional(),
    expect: expectedSchema.optional(),
    /** Call → principal → what is expected. */
    matrix: z.record(title, z.record(title, expectedSchema)).optional(),
  })
  .refine(
    ({ expect, matrix, principals, calls }) =>
      (expect === undefined) !== (matrix === undefined) &&
      (matrix === undefined || (principals === undefined && calls === undefined)),
    'a test has either expect (with principals and calls) or a matrix',
  );

export const testFileSchema = z.strictObject({
  portcullis: z.literal(TESTS_FORMAT),
  /** When the calls are made. */
  time: z.iso.datetime({ offset: true }).optional(),
  principals: z.record(title, principalSchema),
  calls: z.record(title, callSchema),
  tests: z.array(testSchema).min(1),
});
export type TestFile = z.infer<typeof testFileSchema>;
export type TestPrincipal = z.infer<typeof principalSchema>;
export type TestCall = z.infer<typeof callSchema>;
