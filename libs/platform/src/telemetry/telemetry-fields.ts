import { z } from 'zod';
import { portField, secretFile } from '../config/field-kinds.js';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

/**
 * OpenTelemetry's own variables, those that are honoured; the exporter takes `OTEL_EXPORTER_OTLP_TIMEOUT`,
 * `…_COMPRESSION` and `…_CERTIFICATE` from the environment itself.
 */
export const telemetryFields = {
  /** Base URL of an OTLP/HTTP collector; without one nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** The whole URL for traces, where it isn't the base URL with /v1/traces. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** What the collector wants to see, `name=value,…`: a credential, hence in a file. */
  OTEL_EXPORTER_OTLP_HEADERS_FILE: secretFile('headers for the collector').optional(),
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false'),
  OTEL_SERVICE_NAME: z.string().min(1).max(128).optional(),
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_always_on'),
  /** Of the ratio samplers: how many of the traces that begin here are kept, 0 to 1. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  /** How long finished spans wait for others, milliseconds. */
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().min(10).default(5000),
  /** What a `traceparent` from outside of the installation may do; see docs/reference/telemetry.md. */
  OTEL_TRUST_INCOMING: z.enum(['false', 'link', 'true']).default('false'),
};

export type TelemetryConfig = z.infer<z.ZodObject<typeof telemetryFields>>;

/** Of services whose own HTTP server faces clients: metrics are not for them. */
export const operationsFields = {
  OPERATIONS_HOST: z.string().default('127.0.0.1'),
  /** 0 = any free one; the ready line says which. */
  OPERATIONS_PORT: portField.default(0),
};

/** In the shape in which other services say where their health is. */
export const operationsAddress = (config: { OPERATIONS_HOST: string; OPERATIONS_PORT: number }) => ({
  HTTP_HOST: config.OPERATIONS_HOST,
  HTTP_PORT: config.OPERATIONS_PORT,
});

const USES = { false: 'ignore', link: 'link', true: 'parent' } as const;

/** How much a `traceparent` counts that an outsider sent. */
export const outsideTrace = ({ OTEL_TRUST_INCOMING }: Pick<TelemetryConfig, 'OTEL_TRUST_INCOMING'>) =>
  USES[OTEL_TRUST_INCOMING];
