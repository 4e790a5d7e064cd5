import type { Secret } from '@portcullis/contracts';
import { z } from 'zod';
import type { AwsKmsKey } from '../adapters/aws-kms.key-provider.js';
import { parseKeyArn } from '../adapters/aws-kms/key-arn.js';
import type { GcpKmsKey } from '../adapters/gcp-kms.key-provider.js';
import type { TransitKey } from '../adapters/vault-transit.key-provider.js';
import {
  caFile,
  fileContent,
  hostAndPort,
  mountPath,
  pathPart,
  readableFile,
  rootSecret,
  serverAddress,
  unreadable,
} from './field-kinds.js';

/** One key-encryption key, as configuration describes it. */
export type KeySettings =
  | { readonly kind: 'local'; readonly reference: string; readonly rootSecret: Secret }
  | { readonly kind: 'vault'; readonly key: TransitKey }
  | { readonly kind: 'aws'; readonly key: AwsKmsKey }
  | { readonly kind: 'gcp'; readonly key: GcpKmsKey };

const ROOT = 'the root secret (32 random bytes or more)';
const REQUIRED_ROOT = `is required: path of a file with ${ROOT}`;

/** By file, or by environment (H3). One of the two, so that it is clear which one counts. */
const localSchema = z
  .object({
    ROOT_SECRET_FILE: z.string().optional(),
    ROOT_SECRET: z.string().optional(),
  })
  .transform((given, context) => {
    const refuseOf =
      (variable: string) =>
      (message: string): never => {
        context.addIssue({ code: 'custom', path: [variable], message });
        return z.NEVER;
      };
    const refuse = refuseOf('ROOT_SECRET_FILE');
    const { ROOT_SECRET_FILE: path, ROOT_SECRET: text } = given;
    if (text !== undefined && path !== undefined)
      return refuse('must not be set together with the secret itself: one of them');
    if (text !== undefined)
      return { rootSecret: rootSecret(Buffer.from(text, 'utf8'), refuseOf('ROOT_SECRET')) };
    if (path === undefined || path === '') return refuse(REQUIRED_ROOT);
    const content = fileContent(path);
    return { rootSecret: content === null ? refuse(unreadable(ROOT)) : rootSecret(content, refuse) };
  });

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const LOGINS = ['approle', 'kubernetes', 'token'] as const;
const serverFields = {
  TRANSIT_ADDRESS: serverAddress,
  TRANSIT_NAMESPACE: mountPath.nullable().default(null),
  TRANSIT_CA_FILE: caFile,
  TRANSIT_MOUNT: mountPath.default('transit'),
  TRANSIT_KEY: pathPart('the name of a key').optional(),
};
const loginMount = mountPath.optional();

const transitSchema = z
  .discriminatedUnion(
    'TRANSIT_LOGIN',
    [
      z.object({
        ...serverFields,
        TRANSIT_LOGIN: z.literal('approle'),
        TRANSIT_LOGIN_MOUNT: loginMount,
        TRANSIT_ROLE_ID_FILE: readableFile('the role id'),
        TRANSIT_SECRET_ID_FILE: readableFile('the secret id'),
      }),
      z.object({
        ...serverFields,
        TRANSIT_LOGIN: z.literal('kubernetes'),
        TRANSIT_LOGIN_MOUNT: loginMount,
        TRANSIT_ROLE: pathPart('the name of a role'),
        TRANSIT_JWT_FILE: readableFile("the pod's token").default(SERVICE_ACCOUNT_TOKEN),
      }),
      z.object({
        ...serverFields,
        TRANSIT_LOGIN: z.literal('token'),
        TRANSIT_TOKEN_FILE: readableFile('the token'),
      }),
    ],
    { error: `is required: one of ${LOGINS.join(', ')}` },
  )
  .transform((given) => ({
    mount: given.TRANSIT_MOUNT,
    keyName: given.TRANSIT_KEY,
    server: {
      address: given.TRANSIT_ADDRESS,
      namespace: given.TRANSIT_NAMESPACE,
      ca: given.TRANSIT_CA_FILE,
    },
    login: loginOf(given),
  }));

type TransitVariables =
  | {
      TRANSIT_LOGIN: 'approle';
      TRANSIT_LOGIN_MOUNT?: string | undefined;
      TRANSIT_ROLE_ID_FILE: string;
      TRANSIT_SECRET_ID_FILE: string;
    }
  | {
      TRANSIT_LOGIN: 'kubernetes';
      TRANSIT_LOGIN_MOUNT?: string | undefined;
      TRANSIT_ROLE: string;
      TRANSIT_JWT_FILE: string;
    }
  | { TRANSIT_LOGIN: 'token'; TRANSIT_TOKEN_FILE: string };

function loginOf(given: TransitVariables): TransitKey['login'] {
  if (given.TRANSIT_LOGIN === 'token') return { method: 'token', tokenFile: given.TRANSIT_TOKEN_FILE };
  const mount = given.TRANSIT_LOGIN_MOUNT ?? given.TRANSIT_LOGIN;
  if (given.TRANSIT_LOGIN === 'kubernetes')
    return { method: 'kubernetes', mount, role: given.TRANSIT_ROLE, jwtFile: given.TRANSIT_JWT_FILE };
  const { TRANSIT_ROLE_ID_FILE: roleIdFile, TRANSIT_SECRET_ID_FILE: secretIdFile } = given;
  return { method: 'approle', mount, roleIdFile, secretIdFile };
}

const ARN = 'the ARN of a key (not of an alias, which may be pointed elsewhere)';
const awsSchema = z
  .object({
    AWS_KEY_ARN: z.string({ error: `is required: ${ARN}` }).transform((text, context) => {
      const arn = parseKeyArn(text);
      if (arn !== null) return arn;
      context.addIssue({ code: 'custom', message: `must be ${ARN}` });
      return z.NEVER;
    }),
    AWS_ENDPOINT: serverAddress.optional(),
    AWS_CA_FILE: caFile,
    AWS_CREDENTIALS_FILE: readableFile('credentials').nullable().default(null),
  })
  .transform(({ AWS_KEY_ARN: { arn, region, endpoint }, ...given }) => ({
    keyArn: arn,
    access: {
      region,
      endpoint: given.AWS_ENDPOINT ?? endpoint,
      ca: given.AWS_CA_FILE,
      credentialsFile: given.AWS_CREDENTIALS_FILE,
    },
  }));

const GCP_KEY = /^projects\/[\w:.-]+\/locations\/[a-z0-9-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+$/;
const gcpSchema = z
  .object({
    GCP_KEY: z
      .string({ error: 'is required: projects/…/locations/…/keyRings/…/cryptoKeys/…' })
      .regex(GCP_KEY, 'must be projects/…/locations/…/keyRings/…/cryptoKeys/…, without a version'),
    GCP_ENDPOINT: hostAndPort,
    GCP_CA_FILE: caFile,
    GCP_CREDENTIALS_FILE: readableFile('credentials').nullable().default(null),
  })
  .transform((given) => ({
    keyName: given.GCP_KEY,
    access: {
      endpoint: given.GCP_ENDPOINT,
      ca: given.GCP_CA_FILE,
      credentialsFile: given.GCP_CREDENTIALS_FILE,
    },
  }));

export const KEY_SCHEMAS = {
  local: localSchema,
  vault: transitSchema,
  aws: awsSchema,
  gcp: gcpSchema,
} as const;

/** Variables of one key, without their prefix. */
export const SLOT_VARIABLES = [
  ...['ROOT_SECRET', 'ROOT_SECRET_FILE'],
  ...['TRANSIT_ADDRESS', 'TRANSIT_NAMESPACE', 'TRANSIT_CA_FILE', 'TRANSIT_MOUNT', 'TRANSIT_KEY'],
  ...['TRANSIT_LOGIN', 'TRANSIT_LOGIN_MOUNT', 'TRANSIT_ROLE_ID_FILE', 'TRANSIT_SECRET_ID_FILE'],
  ...['TRANSIT_ROLE', 'TRANSIT_JWT_FILE', 'TRANSIT_TOKEN_FILE'],
  ...['AWS_KEY_ARN', 'AWS_ENDPOINT', 'AWS_CA_FILE', 'AWS_CREDENTIALS_FILE'],
  ...['GCP_KEY', 'GCP_ENDPOINT', 'GCP_CA_FILE', 'GCP_CREDENTIALS_FILE'],
];
