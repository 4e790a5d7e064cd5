import type { ServiceName } from '@portcullis/contracts';
import { pino } from 'pino';
import { z } from 'zod';
import { startTelemetry, type Telemetry } from '../telemetry/telemetry.js';
import { telemetryFields } from '../telemetry/telemetry-fields.js';

/** As a service has it; without variables nothing is traced. */
export const testTelemetry = (
  service: ServiceName,
  variables: Record<string, string> = {},
): Promise<Telemetry> =>
  startTelemetry(service, z.object(telemetryFields).parse(variables), pino({ level: 'silent' }));
