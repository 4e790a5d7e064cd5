import { TraceFlags, type SpanContext } from '@opentelemetry/api';

/** W3C Trace Context, version 00: the only one there is. Anything else is as good as absent. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])$/;
const ZEROS = /^0+$/;

/** Nothing but two ids and a flag comes in: no tracestate, no baggage. */
export function readTraceparent(header: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, sampled] = TRACEPARENT.exec(header ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || ZEROS.test(traceId) || ZEROS.test(spanId))
    return undefined;
  return {
    traceId,
    spanId,
    traceFlags: sampled === '1' ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
}

export const writeTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
