import {
  AppError,
  CORRELATION_HEADER,
  TRACE_HEADER,
  type CallObserver,
  type ServiceName,
} from '@portcullis/contracts';
import { currentCorrelation } from '../logging/correlation.js';
import type { Logger } from '../logging/logger.js';
import { Metrics } from './metrics.js';
import type { TelemetryConfig } from './telemetry-fields.js';
import { noTracing, type Tracer } from './tracer.js';
import { VerbMetrics, type Outcome } from './verb-metrics.js';

/** What a running service counts, measures and traces. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly verbs: VerbMetrics;
  /** For every {@link VerbCaller} of the service. */
  readonly calls: CallObserver;
  /** Sends the spans that wait, for a few seconds at most; never rejects. */
  stop(): Promise<void>;
}

/**
 * Metrics are always there; tracing costs nothing unless a collector is configured: then, and only then, is
 * OpenTelemetry's SDK loaded.
 */
export async function startTelemetry(
  service: ServiceName,
  config: TelemetryConfig,
  logger: Logger,
): Promise<Telemetry> {
  const metrics = new Metrics(service);
  const endpoint = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || config.OTEL_SDK_DISABLED === 'true') return telemetryOf(metrics, noTracing);
  const { startTracing } = await import('./start-tracing.js');
  const { tracer, stop } = startTracing({ service, config, metrics, logger });
  return telemetryOf(metrics, tracer, stop);
}

function telemetryOf(
  metrics: Metrics,
  tracer: Tracer,
  stop = (): Promise<void> => Promise.resolve(),
): Telemetry {
  const verbs = new VerbMetrics(metrics);
  return { metrics, tracer, verbs, calls: callObserver(verbs, tracer), stop };
}

function callObserver(verbs: VerbMetrics, tracer: Tracer): CallObserver {
  return {
    observe: async ({ subject }, call) => {
      const ended = verbs.called(subject);
      const calling = (): ReturnType<typeof call> => call(headersOf(tracer));
      try {
        const result = await (tracer.on ? tracer.run({ name: subject, kind: 'client' }, calling) : calling());
        ended('OK');
        return result;
      } catch (error) {
        ended(outcomeOf(error));
        throw error;
      }
    },
  };
}

function headersOf(tracer: Tracer): Record<string, string> {
  const correlationId = currentCorrelation()?.correlationId;
  const traceparent = tracer.traceparent();
  return {
    ...(correlationId === undefined ? {} : { [CORRELATION_HEADER]: correlationId }),
    ...(traceparent === undefined ? {} : { [TRACE_HEADER]: traceparent }),
  };
}

export const outcomeOf = (error: unknown): Outcome => (error instanceof AppError ? error.code : 'INTERNAL');
