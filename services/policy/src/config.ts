import { readFileSync } from 'node:fs';
import {
  eventStoreFields,
  parseConfig,
  portField,
  requiredText,
  secretFile,
  serviceFields,
} from '@portcullis/platform';
import { z } from 'zod';

const MIN_KEY_LENGTH = 43;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

const pemFile = (what: string) =>
  requiredText(`path of ${what}`).transform((path, context) => {
    try {
      return readFileSync(path);
    } catch {
      context.addIssue({ code: 'custom', message: `can not be read: path of ${what}` });
      return z.NEVER;
    }
  });

const configSchema = z
  .object({
    ...serviceFields,
    ...eventStoreFields,
    /** Tokens of policy clients are derived from it. Changing it makes every one of them worthless. */
    POLICY_CLIENT_KEY_FILE: secretFile('the key of policy client tokens (32 random bytes in base64url)'),
    GRPC_HOST: z.string().default('127.0.0.1'),
    /** 0 = any free one; the ready line says which. */
    GRPC_PORT: portField.default(0),
    GRPC_TLS_CERT_FILE: pemFile('the certificate chain of the gRPC face').optional(),
    GRPC_TLS_KEY_FILE: pemFile('the private key of the gRPC face').optional(),
  })
  .refine((config) => config.POLICY_CLIENT_KEY_FILE.byteLength >= MIN_KEY_LENGTH, {
    path: ['POLICY_CLIENT_KEY_FILE'],
    message: `must hold at least ${MIN_KEY_LENGTH} characters (32 random bytes in base64url)`,
  })
  .refine(
    (config) => (config.GRPC_TLS_CERT_FILE === undefined) === (config.GRPC_TLS_KEY_FILE === undefined),
    {
      path: ['GRPC_TLS_KEY_FILE'],
      message: 'must be set together with GRPC_TLS_CERT_FILE',
    },
  )
  // Callers present bearer tokens there.
  .refine((config) => config.GRPC_TLS_CERT_FILE !== undefined || LOOPBACK.has(config.GRPC_HOST), {
    path: ['GRPC_TLS_CERT_FILE'],
    message: 'is required: GRPC_HOST is not loopback',
  });

export type Config = z.infer<typeof configSchema>;

export const loadConfig = (environment: NodeJS.ProcessEnv = process.env): Config =>
  parseConfig(configSchema, environment);
