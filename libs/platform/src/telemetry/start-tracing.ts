import { diag, DiagLogLevel } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { ServiceName } from '@portcullis/contracts';
import { within } from '../deadlines/within.js';
import type { Logger } from '../logging/logger.js';
import type { Metrics } from './metrics.js';
import { OtelTracer } from './otel-tracer.js';
import type { TelemetryConfig } from './telemetry-fields.js';
import type { Tracer } from './tracer.js';

export interface Tracing {
  service: ServiceName;
  config: TelemetryConfig;
  metrics: Metrics;
  logger: Logger;
}

/** How long the end of a process may wait for its last spans, milliseconds. */
const LAST_SPANS_MS = 2000;
const MAX_VALUE_LENGTH = 128;

/** Nothing is registered globally and no module is patched: a span exists only where the code says so. */
export function startTracing({ service, config, metrics, logger }: Tracing): {
  tracer: Tracer;
  stop(): Promise<void>;
} {
  diag.setLogger(quiet(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const name = config.OTEL_SERVICE_NAME ?? `portcullis-${service}`;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'service.namespace': 'portcullis' }),
    sampler: samplerOf(config),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE_LENGTH, eventCountLimit: 0, linkCountLimit: 1 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: counted(new OTLPTraceExporter(exporterOptions(config)), metrics),
        scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
      }),
    ],
  });
  const stop = async (): Promise<void> => {
    await within({ deadline: Date.now() + LAST_SPANS_MS }, provider.shutdown()).catch(() => undefined);
  };
  return { tracer: new OtelTracer(provider.getTracer('portcullis')), stop };
}

function exporterOptions(config: TelemetryConfig) {
  const base = config.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, '');
  const headers = config.OTEL_EXPORTER_OTLP_HEADERS_FILE?.revealText();
  return {
    url: config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? `${base}/v1/traces`,
    ...(headers === undefined ? {} : { headers: parseHeaders(headers) }),
  };
}

/** `name=value,name=value` with percent-encoded values, as the specification of the variable has it. */
const parseHeaders = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .map((pair) => pair.split(/=(.*)/s, 2).map((part) => decodeURIComponent(part.trim())))
      .filter(([name, value]) => name !== '' && value !== undefined),
  ) as Record<string, string>;

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TelemetryConfig): Sampler {
  const [, parentBased, own] = /^(parentbased_)?(.*)$/.exec(name)!;
  const root = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }[own as 'always_on' | 'always_off' | 'traceidratio']();
  return parentBased === undefined ? root : new ParentBasedSampler({ root });
}

/** A collector that is away must be noticed although nothing fails because of it. */
function counted(exporter: SpanExporter, metrics: Metrics): SpanExporter {
  const spans = metrics.counter({
    name: 'portcullis_spans_exported_total',
    help: 'Spans handed to the collector, by whether it took them.',
    labels: ['outcome'],
  });
  return {
    export: (batch, done) =>
      exporter.export(batch, (result) => {
        spans.inc({ outcome: result.code === 0 ? 'taken' : 'lost' }, batch.length);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

/** The SDK's own messages without their arguments, which may hold URLs, headers and answers of the collector. */
function quiet(logger: Logger) {
  const warn = (message: string): void => logger.warn({ otel: message.slice(0, 200) }, 'tracing');
  const nothing = (): void => undefined;
  return { error: warn, warn, info: nothing, debug: nothing, verbose: nothing };
}
