import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer as ApiTracer,
} from '@opentelemetry/api';
import { AppError } from '@portcullis/contracts';
import { currentCorrelation, withCorrelation } from '../logging/correlation.js';
import { readTraceparent, writeTraceparent } from './traceparent.js';
import { SPAN_ATTRIBUTES, type SpanAttributes, type SpanStart, type Tracer } from './tracer.js';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;
/** What an id, a code or a name looks like. Whatever else is handed in by mistake stays out. */
const PLAIN = /^[\w.:/-]{1,128}$/;

/** {@link Tracer} over an OpenTelemetry tracer. The span at hand travels with the correlation of the request. */
export class OtelTracer implements Tracer {
  readonly on = true;

  constructor(private readonly tracer: ApiTracer) {}

  run<T>(start: SpanStart, work: () => T): T {
    const from = origin(start);
    if (from === undefined) return work();
    const { parent, links } = from;
    const { name, kind, attributes = {} } = start;
    const span = this.tracer.startSpan(
      name,
      { kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind], attributes: allowed(attributes), links },
      parent,
    );
    const correlationId = currentCorrelation()?.correlationId;
    if (correlationId !== undefined && kind !== undefined)
      span.setAttribute('portcullis.correlation_id', correlationId);
    return withCorrelation({ correlationId, span }, () => ending(span, work));
  }

  note(attributes: SpanAttributes): void {
    currentCorrelation()?.span?.setAttributes(allowed(attributes));
  }

  traceparent(): string | undefined {
    const span = currentCorrelation()?.span;
    return span === undefined ? undefined : writeTraceparent(span.spanContext());
  }
}

/** Where a span hangs; undefined: nowhere. One with an `incoming` never belongs to the span at hand: it is somebody else's request. */
function origin({ incoming }: SpanStart): { parent: Context; links: Link[] } | undefined {
  if (incoming === undefined) {
    const span = currentCorrelation()?.span;
    return span && { parent: trace.setSpan(ROOT_CONTEXT, span), links: [] };
  }
  const context = incoming.use === 'ignore' ? undefined : readTraceparent(incoming.header);
  if (context === undefined)
    return incoming.use === 'continue' ? undefined : { parent: ROOT_CONTEXT, links: [] };
  if (incoming.use === 'link') return { parent: ROOT_CONTEXT, links: [{ context }] };
  return { parent: trace.setSpanContext(ROOT_CONTEXT, context), links: [] };
}

function ending<T>(span: Span, work: () => T): T {
  try {
    const result = work();
    if (!(result instanceof Promise)) {
      span.end();
      return result;
    }
    return result.then(
      (value: unknown) => {
        span.end();
        return value;
      },
      (error: unknown) => {
        fail(span, error);
        throw error;
      },
    ) as T;
  } catch (error) {
    fail(span, error);
    throw error;
  }
}

/** The code alone: messages and causes may quote what somebody sent. */
function fail(span: Span, error: unknown): void {
  span.setAttribute('portcullis.error_code', error instanceof AppError ? error.code : 'INTERNAL');
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** The types forbid other attributes; this holds also for what got around them. */
function allowed(attributes: SpanAttributes): Attributes {
  const kept: Attributes = {};
  for (const name of SPAN_ATTRIBUTES) {
    const value = attributes[name];
    if (typeof value === 'number' || (typeof value === 'string' && PLAIN.test(value))) kept[name] = value;
  }
  return kept;
}
