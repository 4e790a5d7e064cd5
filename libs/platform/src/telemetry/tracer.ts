import type { VerbSubject } from '@portcullis/contracts';

/** Steps of a tool call, in order, as docs/architecture.md names them. */
export const CALL_STEPS = [
  'authenticate',
  'resolve',
  'read',
  'limit',
  'identify',
  'authorize',
  'record intent',
  'open',
  'call',
  'screen',
  'record outcome',
  'answer',
] as const;
export type CallStep = (typeof CALL_STEPS)[number];

export type SpanName =
  | CallStep
  | VerbSubject
  | 'mcp request'
  | 'admin request'
  | `portcullis.policy.v1/${string}`
  | 'event store append'
  | 'database transaction';

/**
 * All that a span may say, by the closed list of its attributes: ids, names that an administrator gave, codes. Never
 * arguments, headers, results, addresses, keys.
 */
export const SPAN_ATTRIBUTES = [
  'portcullis.correlation_id',
  'portcullis.org',
  'portcullis.server',
  'portcullis.tool',
  'portcullis.method',
  'portcullis.operation',
  'portcullis.call',
  'portcullis.attempt',
  'portcullis.decision',
  'portcullis.outcome',
  'portcullis.error_code',
  'portcullis.caller',
] as const;
export type SpanAttribute = (typeof SPAN_ATTRIBUTES)[number];
export type SpanAttributes = { readonly [Name in SpanAttribute]?: string | number | undefined };

/** A `traceparent` header from outside of the process, and what it may do. */
export interface IncomingTrace {
  readonly header: string | undefined;
  /**
   * `parent`: continue that trace, with its decision whether to sample. `link`: a trace of our own that points at it.
   * `ignore`: a trace of our own, as if it weren't there. `continue`: that trace or none at all.
   */
  readonly use: 'parent' | 'link' | 'ignore' | 'continue';
}

export interface SpanStart {
  readonly name: SpanName;
  /** Default: work inside of a service. */
  readonly kind?: 'server' | 'client';
  readonly attributes?: SpanAttributes;
  /** For work that somebody else has asked for; without it the span belongs to the one at hand. */
  readonly incoming?: IncomingTrace;
}

/**
 * Records what happens as spans of a trace. A caller may rely on: the work runs exactly once whatever becomes of the
 * span, its result or error passes through untouched, and tracing never throws, waits or decides anything.
 */
export interface Tracer {
  /** Whether anything can be recorded at all; fixed at start. What only tracing needs is prepared only then. */
  readonly on: boolean;
  /**
   * Runs `work` as a span; an error ends the span with its code and nothing else of it. Traces begin where a request
   * comes in: what nobody has asked for (relays, leases, probes) is not traced.
   */
  run<T>(span: SpanStart, work: () => T): T;
  /** Says more about the span at hand. */
  note(attributes: SpanAttributes): void;
  /** The span at hand as a `traceparent` for whoever is asked next. */
  traceparent(): string | undefined;
}

export const noTracing: Tracer = {
  on: false,
  run: (_span, work) => work(),
  note: () => undefined,
  traceparent: () => undefined,
};
