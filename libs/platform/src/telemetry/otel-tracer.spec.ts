import { describe, expect, it } from '@jest/globals';
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  AlwaysOffSampler,
  AlwaysOnSampler,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { AppError } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { withCorrelation } from '../logging/correlation.js';
import { createLogger } from '../logging/logger.js';
import { OtelTracer } from './otel-tracer.js';
import type { IncomingTrace, SpanAttributes } from './tracer.js';

const OUTSIDE = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
const header = (sampled = '01'): string => `00-${OUTSIDE.trace}-${OUTSIDE.span}-${sampled}`;

function setUp(root: Sampler = new AlwaysOnSampler()) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
  return { tracer: new OtelTracer(provider.getTracer('test')), spans };
}

/** A trace that begins here. */
const root = { name: 'mcp request', kind: 'server', incoming: { header: undefined, use: 'ignore' } } as const;

const incoming = (use: IncomingTrace['use'], value = header()): IncomingTrace => ({ header: value, use });

describe('spans', () => {
  it('hang below the one at hand, over every wait', async () => {
    const { tracer, spans } = setUp();
    const result = await tracer.run(root, async () => {
      await Promise.resolve();
      return tracer.run({ name: 'limit' }, () => tracer.run({ name: 'read' }, () => 7));
    });
    expect(result).toBe(7);
    const [read, limit, request] = spans();
    expect([read, limit, request].map((span) => span?.name)).toEqual(['read', 'limit', 'mcp request']);
    expect(read?.parentSpanContext?.spanId).toBe(limit?.spanContext().spanId);
    expect(limit?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('say of an error its code and nothing else, and let it pass', async () => {
    verifies('P5');
    const { tracer, spans } = setUp();
    const error = new AppError('UPSTREAM_ERROR', 'said hunter2', { details: { body: 'hunter2' } });
    await expect(tracer.run({ ...root, name: 'call' }, () => Promise.reject(error))).rejects.toBe(error);
    const defect = () => {
      throw new Error('hunter2');
    };
    expect(() => tracer.run({ ...root, name: 'screen' }, defect)).toThrow('hunter2');
    expect(spans().map(({ attributes }) => attributes)).toEqual([
      { 'portcullis.error_code': 'UPSTREAM_ERROR' },
      { 'portcullis.error_code': 'INTERNAL' },
    ]);
    expect(JSON.stringify(spans().map(({ status, events }) => ({ status, events })))).not.toContain(
      'hunter2',
    );
  });

  it('take no attribute that is not on the list, and no value that is not an id, a name or a code', () => {
    verifies('P5');
    const { tracer, spans } = setUp();
    const attributes = {
      'portcullis.tool': 'create_note',
      'portcullis.attempt': 2,
      'portcullis.org': 'Bearer hunter2',
      'portcullis.server': { hunter2: 1 },
      'portcullis.method': 'x'.repeat(129),
      'portcullis.arguments': 'hunter2',
      authorization: 'hunter2',
    } as unknown as SpanAttributes;
    tracer.run({ ...root, attributes }, () => tracer.note(attributes));
    expect(spans()[0]?.attributes).toEqual({ 'portcullis.tool': 'create_note', 'portcullis.attempt': 2 });
  });

  it('are for requests: what nobody has asked for leaves none', () => {
    const { tracer, spans } = setUp();
    const continued = {
      name: 'audit.v1.append',
      kind: 'server',
      incoming: incoming('continue', ''),
    } as const;
    expect(tracer.run({ name: 'audit.v1.append', kind: 'client' }, () => 7)).toBe(7);
    expect(tracer.run(continued, () => 8)).toBe(8);
    expect(spans()).toEqual([]);
    tracer.run({ ...continued, incoming: incoming('continue') }, () => undefined);
    expect(spans()[0]?.parentSpanContext?.spanId).toBe(OUTSIDE.span);
  });

  it('name the request of whoever asked', () => {
    const { tracer, spans } = setUp();
    withCorrelation({ correlationId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, () => tracer.run(root, () => undefined));
    expect(spans()[0]?.attributes['portcullis.correlation_id']).toBe('01ARZ3NDEKTSV4RRFFQ69G5FAV');
  });

  it('put the id of their trace into the log', () => {
    const lines: string[] = [];
    const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(line) });
    const { tracer, spans } = setUp();
    tracer.run(root, () => logger.info('here'));
    expect(JSON.parse(lines[0]!)).toMatchObject({ traceId: spans()[0]!.spanContext().traceId });
  });
});

describe('a traceparent from outside', () => {
  const served = (use: IncomingTrace['use'], value?: string, root?: Sampler): ReadableSpan | undefined => {
    const { tracer, spans } = setUp(root);
    tracer.run({ name: 'mcp request', kind: 'server', incoming: incoming(use, value) }, () => undefined);
    return spans()[0];
  };

  it('is nothing unless it is trusted', () => {
    const span = served('ignore');
    expect(span?.spanContext().traceId).not.toBe(OUTSIDE.trace);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.links).toEqual([]);
  });

  it('can be pointed at without being joined', () => {
    const span = served('link');
    expect(span?.spanContext().traceId).not.toBe(OUTSIDE.trace);
    expect(span?.links.map(({ context }) => context.spanId)).toEqual([OUTSIDE.span]);
  });

  it('is the parent where it is trusted, and decides whether anything is recorded', () => {
    expect(served('parent')?.parentSpanContext?.spanId).toBe(OUTSIDE.span);
    expect(served('parent', header('00'))).toBeUndefined();
    expect(served('parent', header(), new AlwaysOffSampler())?.spanContext().traceId).toBe(OUTSIDE.trace);
  });

  it('can not force a trace to be recorded unless it is trusted', () => {
    expect(served('ignore', header(), new AlwaysOffSampler())).toBeUndefined();
    expect(served('link', header(), new AlwaysOffSampler())).toBeUndefined();
  });

  it.each([
    ['another version', `01-${OUTSIDE.trace}-${OUTSIDE.span}-01`],
    ['upper case', header().toUpperCase()],
    ['no trace', `00-${'0'.repeat(32)}-${OUTSIDE.span}-01`],
    ['no span', `00-${OUTSIDE.trace}-${'0'.repeat(16)}-01`],
    ['other flags', `00-${OUTSIDE.trace}-${OUTSIDE.span}-ff`],
    ['something behind it', `${header()}-x`],
    ['two of them', `${header()}, ${header()}`],
    ['nothing', ''],
  ])('counts for nothing when it is not sound: %s', (_what, value) => {
    const span = served('parent', value);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(served('link', value)?.links).toEqual([]);
  });

  it('never makes one request a part of another that happens to be at hand', () => {
    const { tracer, spans } = setUp();
    tracer.run(root, () =>
      tracer.run({ name: 'policy.v1.check', kind: 'server', incoming: incoming('ignore') }, () => undefined),
    );
    expect(spans()[0]?.parentSpanContext).toBeUndefined();
  });
});
