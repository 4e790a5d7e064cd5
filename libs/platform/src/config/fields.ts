import { z } from 'zod';
import { faultOfRange, TrustedProxies } from '../http/trusted-proxies.js';
import { telemetryFields } from '../telemetry/telemetry-fields.js';
import { portField, requiredText, secretFile } from './field-kinds.js';

/** Variables that every service has. Times in milliseconds. */
export const serviceFields = {
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HTTP_HOST: z.string().default('127.0.0.1'),
  /** 0 = any free one; the ready line says which. */
  HTTP_PORT: portField.default(0),
  /** With `tls:`, or when NATS_CA_FILE is set, nothing but TLS is spoken. */
  NATS_URL: requiredText('address of the NATS server, tls://host:port, or nats://host:port on loopback'),
  /** Path of the certificate (PEM) of the authority that the NATS server's must be from. */
  NATS_CA_FILE: z.string().min(1).optional(),
  NATS_NKEY_SEED_FILE: secretFile("the service's NATS user seed (nkey)"),
  TRUST_BUNDLE_FILE: requiredText('path of the signed trust bundle'),
  /** Comma-separated base64url Ed25519 public keys of the installation root: pinned, hence not in the bundle. */
  TRUST_ROOT_KEYS: requiredText("public key of the installation's root").transform((text) => text.split(',')),
  IDENTITY_FILE: requiredText("path of the service's private keys"),
  /** 1: stop when standard input ends, so that no service outlives the process that started it. */
  EXIT_WITH_PARENT: z.enum(['0', '1']).default('0'),
  ...telemetryFields,
};

/**
 * Comma-separated addresses or CIDR ranges of the reverse proxies in front of a service; none by default. Of them alone
 * `X-Forwarded-For` is believed.
 */
export const trustedProxies = z
  .string()
  .default('')
  .transform((text, context) => {
    const ranges = text
      .split(',')
      .map((range) => range.trim())
      .filter((range) => range !== '');
    const faults = ranges.flatMap((range) => {
      const fault = faultOfRange(range);
      return fault === null ? [] : [`"${range}" ${fault}`];
    });
    if (faults.length === 0) return new TrustedProxies(ranges);
    context.addIssue({ code: 'custom', message: faults.join(', ') });
    return z.NEVER;
  });

/** Variables of a service with a database. */
export const databaseFields = {
  DATABASE_URL_FILE: secretFile('the URL of the runtime role (<service>_app)'),
  DATABASE_JOB_URL_FILE: secretFile('the URL of the job role (<service>_job)'),
};

/** Variables of a service that reads or writes streams. */
export const eventStoreFields = {
  EVENTSTORE_URL_FILE: secretFile(
    'the connection string of the event store, esdb://user:password@host:port?tls=…',
  ),
};
