export { ReplicaLease, type ReplicaLeaseParts } from './barrier/replica-lease.js';
export {
  exitOnBadConfig,
  runProcess,
  type ProcessOptions,
  type RunningService,
} from './bootstrap/run-process.js';
export { portField, requiredText, secretFile } from './config/field-kinds.js';
export { databaseFields, eventStoreFields, serviceFields, trustedProxies } from './config/fields.js';
export { parseConfig } from './config/parse-config.js';
export { checkSchema, type SchemaOptions, type SchemaReport } from './database/check-schema.js';
export { connectDatabase, type DatabaseOptions } from './database/data-source.js';
export { databaseAway } from './database/database-away.js';
export { migrate, type MigrationOptions } from './database/migrate.js';
export { runMigrations } from './database/run-migrations.js';
export { asOrganisation } from './database/organisation-transaction.js';
export {
  organisationContext,
  pipelinedTransaction,
  type Send,
  type Statement,
} from './database/pipelined-transaction.js';
export {
  catalogueFaults,
  protectTenantTable,
  type CatalogueExpectation,
} from './database/row-level-security.js';
export { keptFor } from './deadlines/kept-for.js';
export { within, type Waiting } from './deadlines/within.js';
export { PassThroughFilter } from './errors/pass-through-filter.js';
export { ProblemFilter } from './errors/problem-filter.js';
export { portOf, startHealthServer } from './health/health-server.js';
export { brokerCheck, databaseCheck, eventStoreCheck } from './health/own-checks.js';
export { peerCheck } from './health/peer-check.js';
export { readinessOf, type Readiness, type ReadinessCheck } from './health/readiness.js';
export { TrustedProxies } from './http/trusted-proxies.js';
export { Turns, type TurnLimits } from './limits/turns.js';
export { currentCorrelation, withCorrelation, type Correlation } from './logging/correlation.js';
export { createLogger, type Logger } from './logging/logger.js';
export { NestLogger } from './logging/nest-logger.js';
export {
  ServiceCallerAuthenticator,
  type AnyVerb,
  type AuthenticatedRequest,
  type Caller,
  type CallerAuthenticator,
} from './messaging/caller-authenticator.js';
export { connectNats, type NatsOptions } from './messaging/nats-connection.js';
export { NatsRequester } from './messaging/nats-requester.js';
export { serveVerbs, type ServeVerbsOptions } from './messaging/serve-verbs.js';
export { ServesVerb, type VerbContext } from './messaging/verb-handler.js';
export { VerbServer, type VerbServerOptions } from './messaging/verb-server.js';
export { appendMeter } from './telemetry/append-meter.js';
export { Metrics } from './telemetry/metrics.js';
export { OUTBOX_GAUGES } from './telemetry/outbox-gauges.js';
export { outcomeOf, startTelemetry, type Telemetry } from './telemetry/telemetry.js';
export { operationsAddress, operationsFields, outsideTrace } from './telemetry/telemetry-fields.js';
export {
  CALL_STEPS,
  type CallStep,
  type IncomingTrace,
  type SpanStart,
  type Tracer,
} from './telemetry/tracer.js';
export type { Outcome } from './telemetry/verb-metrics.js';
export { loadKeyring, type TrustConfig } from './trust/load-keyring.js';
