import type { z } from 'zod';
import { manyReplySchema, manyRequestSchema, type ManyReply, type ManyRequest } from './many.js';
import type { ServiceName } from './trust/identity.js';

export type VerbSubject = `${string}.v1.${string}`;

/** One request/reply subject `<service>.v1.<verb>`: the body is the contract JSON on both ways. */
export interface Verb<Request, Reply> {
  readonly subject: VerbSubject;
  readonly callee: ServiceName;
  /** Services whose authenticated requests are served; everybody else gets UNAUTHENTICATED. */
  readonly callers: readonly ServiceName[];
  readonly request: z.ZodType<Request>;
  readonly reply: z.ZodType<Reply>;
  /** Larger bodies are refused before they are parsed. */
  readonly maxRequestBytes: number;
  /** How long a caller waits at most, milliseconds. */
  readonly timeoutMs: number;
  /** A mutating verb refuses an authenticated request that it has seen before (by its `jti`). */
  readonly mutates: boolean;
  /** Answered by every replica of the callee instead of one of them: call it with `callEach`. */
  readonly everyReplica: boolean;
  /** The verb that carries several requests of this one in a message; null where they always go alone. */
  readonly many: Verb<ManyRequest, ManyReply> | null;
}

const KIB = 1024;

interface VerbLimits {
  mutates?: boolean;
  maxRequestKiB?: number;
  timeoutMs?: number;
  everyReplica?: true;
  /** How many requests may go together in one message; not for mutating verbs, whose replay is found per message. */
  together?: number;
}

/** Fills in the defaults: 256 KiB, 3 seconds, not mutating, each request alone. */
export function verb<Request, Reply>(
  name: Pick<Verb<Request, Reply>, 'subject' | 'callee' | 'callers' | 'request' | 'reply'>,
  limits: VerbLimits = {},
): Verb<Request, Reply> {
  return {
    ...name,
    maxRequestBytes: (limits.maxRequestKiB ?? 256) * KIB,
    timeoutMs: limits.timeoutMs ?? 3000,
    mutates: limits.mutates ?? false,
    everyReplica: limits.everyReplica ?? false,
    many: limits.together === undefined ? null : manyOf(name, limits, limits.together),
  };
}

const MANY_KIB = 900;

function manyOf<Request, Reply>(
  { subject, callee, callers }: Pick<Verb<Request, Reply>, 'subject' | 'callee' | 'callers'>,
  { timeoutMs }: VerbLimits,
  most: number,
): Verb<ManyRequest, ManyReply> {
  const schemas = { request: manyRequestSchema(most), reply: manyReplySchema(most) };
  return verb(
    { subject: `${subject}Many`, callee, callers, ...schemas },
    { maxRequestKiB: MANY_KIB, timeoutMs },
  );
}
