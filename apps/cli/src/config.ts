import { z } from 'zod';
import { SERVICES, type EmbeddedService } from './setup/trust.js';

const upSchema = z.object({
  /** Path of nats-server, when it is not where distributions put it. */
  NATS_SERVER_BIN: z.string().min(1).optional(),
  PATH: z.string().default(''),
});

export type UpEnvironment = z.infer<typeof upSchema> & {
  /** Variables for single services, by service. */
  tuning: Record<string, Record<string, string>>;
  /** OpenTelemetry's own variables: for all services. */
  tracing: Record<string, string>;
  /** How many of a service are to run, where it is more than one. */
  replicas: Partial<Record<EmbeddedService, number>>;
};

/** `PORTCULLIS_SET_AUDIT_INTENT_DEADLINE_MS=5000` gives `audit` the variable `INTENT_DEADLINE_MS`. */
const TUNING = /^PORTCULLIS_SET_([A-Z]+)_([A-Z][A-Z0-9_]*)$/;

/** What `portcullis up` takes from its environment; nothing else of it reaches the parts. */
export const upEnvironment = (): UpEnvironment => ({
  ...upSchema.parse(process.env),
  tuning: readTuning(process.env),
  tracing: readTracing(process.env),
  replicas: readReplicas(process.env),
});

/** What `portcullis doctor` takes from its environment: of our own variables the names, never the values. */
export const doctorEnvironment = (): z.infer<typeof upSchema> & { variables: string[] } => ({
  ...upSchema.parse(process.env),
  variables: Object.keys(process.env).filter((name) => name.startsWith('PORTCULLIS_')),
});

function readTuning(environment: NodeJS.ProcessEnv): Record<string, Record<string, string>> {
  const tuning: Record<string, Record<string, string>> = {};
  for (const [name, value] of Object.entries(environment)) {
    const [, service, variable] = TUNING.exec(name) ?? [];
    if (service === undefined || variable === undefined || value === undefined) continue;
    (tuning[service.toLowerCase()] ??= {})[variable] = value;
  }
  return tuning;
}

/** What docs/reference/telemetry.md lists; a credential for the collector comes as a file. */
const TRACING =
  /^OTEL_(EXPORTER_OTLP_(ENDPOINT|TRACES_ENDPOINT|HEADERS_FILE|TIMEOUT)|TRACES_SAMPLER(_ARG)?|BSP_SCHEDULE_DELAY|SDK_DISABLED|TRUST_INCOMING)$/;

const readTracing = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      TRACING.test(name) && value !== undefined ? [[name, value] as const] : [],
    ),
  );

/** `PORTCULLIS_REPLICAS_GATEWAY=2` */
export const replicasVariable = (service: EmbeddedService): string =>
  `PORTCULLIS_REPLICAS_${service.toUpperCase()}`;

function readReplicas(environment: NodeJS.ProcessEnv): UpEnvironment['replicas'] {
  const counts = SERVICES.flatMap((service) => {
    const value = environment[replicasVariable(service)];
    if (value === undefined) return [];
    if (!/^[1-9]$/.test(value)) throw new Error(`${replicasVariable(service)} must be a number from 1 to 9`);
    return [[service, Number(value)] as const];
  });
  return Object.fromEntries(counts);
}

const notesSchema = z.object({
  /** SHA-256 of the token, base64url: the token itself is in the vault and nowhere else. */
  NOTES_TOKEN_HASH_FILE: z.string().min(1),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
});

export const notesServerConfig = (): z.infer<typeof notesSchema> => notesSchema.parse(process.env);

/** Key for the admin API, for commands that use it. Not an argument: those can be read by everybody on the machine. */
export function adminKey(): string {
  const key = process.env['PORTCULLIS_KEY'];
  if (key === undefined || key === '')
    throw new Error('Set PORTCULLIS_KEY to an API key with the scope it takes');
  return key;
}
