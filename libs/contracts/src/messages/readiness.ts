import { z } from 'zod';

export const readinessRequestSchema = z.strictObject({});

/** Whether the replica that answers can serve; `problems` says what is away, without saying where it is. */
export const readinessReplySchema = z.strictObject({
  ready: z.boolean(),
  problems: z.array(z.string().max(300)).max(20),
});
export type ReadinessReply = z.infer<typeof readinessReplySchema>;
