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
    /** With it, clients must have a certificate of this authority; one may be bound to a policy client. */
    GRPC_TLS_CLIENT_CA_FILE: pemFile(
      "the certificate of the authority of gRPC clients' certificates",
    ).optional(),
    AUTHZEN_HOST: z.string().default('127.0.0.1'),
    /** 0 = any free one; the ready line says which. */
    AUTHZEN_PORT: portField.default(0),
    /** `policy_decision_point` of the configuration that clients discover: the URL that they know this face by. */
    AUTHZEN_BASE_URL: z
      .url({ protocol: /^https?$/ })
      .refine((url) => !/[?#]|\/$/.test(url), 'must have no query, fragment or slash at the end')
      .optional(),
    AUTHZEN_TLS_CERT_FILE: pemFile('the certificate chain of the AuthZEN face').optional(),
    AUTHZEN_TLS_KEY_FILE: pemFile('the private key of the AuthZEN face').optional(),
  })
  .refine((config) => config.POLICY_CLIENT_KEY_FILE.byteLength >= MIN_KEY_LENGTH, {
    path: ['POLICY_CLIENT_KEY_FILE'],
    message: `must hold at least ${MIN_KEY_LENGTH} characters (32 random bytes in base64url)`,
  })
  .superRefine((config, context) => {
    for (const face of ['GRPC', 'AUTHZEN'] as const) {
      for (const fault of tlsFaults(face, config)) context.addIssue({ code: 'custom', ...fault });
    }
    if (config.GRPC_TLS_CLIENT_CA_FILE !== undefined && config.GRPC_TLS_CERT_FILE === undefined)
      context.addIssue({
        code: 'custom',
        path: ['GRPC_TLS_CERT_FILE'],
        message: 'is required with GRPC_TLS_CLIENT_CA_FILE',
      });
    if (config.AUTHZEN_BASE_URL === undefined && !LOOPBACK.has(config.AUTHZEN_HOST))
      context.addIssue({
        code: 'custom',
        path: ['AUTHZEN_BASE_URL'],
        message: 'is required: AUTHZEN_HOST is not loopback',
      });
  });

type FaceFields = Record<`${'GRPC' | 'AUTHZEN'}_HOST`, string> &
  Partial<Record<`${'GRPC' | 'AUTHZEN'}_TLS_${'CERT' | 'KEY'}_FILE`, Buffer>>;

/** Callers present bearer tokens at both faces: never in clear over a network. */
function tlsFaults(face: 'GRPC' | 'AUTHZEN', config: FaceFields): { path: string[]; message: string }[] {
  const certificate = config[`${face}_TLS_CERT_FILE`];
  if ((certificate === undefined) !== (config[`${face}_TLS_KEY_FILE`] === undefined))
    return [{ path: [`${face}_TLS_KEY_FILE`], message: `must be set together with ${face}_TLS_CERT_FILE` }];
  if (certificate !== undefined || LOOPBACK.has(config[`${face}_HOST`])) return [];
  return [{ path: [`${face}_TLS_CERT_FILE`], message: `is required: ${face}_HOST is not loopback` }];
}

export type Config = z.infer<typeof configSchema>;

export const loadConfig = (environment: NodeJS.ProcessEnv = process.env): Config =>
  parseConfig(configSchema, environment);
