export { eventually, type EventuallyOptions } from './eventually.js';
export { freePort } from './free-port.js';
export { LeaseGrantor } from './lease-grantor.js';
export { startNats, type TestNats } from './nats.js';
export { startPostgres, type TestDatabase, type TestPostgres } from './postgres.js';
export { testTelemetry } from './telemetry.js';
export { testTrust, type TestTrust } from './trust.js';
