import { z } from 'zod';

/**
 * Several requests of one verb in one message `<subject>Many`, under one request token and one reply token. Each is
 * validated, served and refused by itself: `replies` has one element for each of `requests`, in their order, either the
 * verb's reply or an error body. Elements are validated as single messages would be, so one that is invalid harms no
 * other.
 */
export interface ManyRequest {
  requests: unknown[];
}
export interface ManyReply {
  replies: unknown[];
}

export const manyRequestSchema = (most: number): z.ZodType<ManyRequest> =>
  z.strictObject({ requests: z.array(z.unknown()).min(1).max(most) });

export const manyReplySchema = (most: number): z.ZodType<ManyReply> =>
  z.strictObject({ replies: z.array(z.unknown()).min(1).max(most) });
