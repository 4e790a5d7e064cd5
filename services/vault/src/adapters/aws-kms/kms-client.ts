import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';

export interface AwsAccess {
  readonly region: string;
  /** `https://host`; `http:` on loopback only, which configuration has checked. */
  readonly endpoint: string;
  /** Certificates (PEM) of the authorities that the endpoint's must be from; null: those that Node knows. */
  readonly ca: string | null;
  /** A shared credentials file with a profile `default`; null: the role of the pod, container or machine. */
  readonly credentialsFile: string | null;
  readonly connections: number;
  readonly deadlineMs: number;
}

/** The SDK uses credentials until five minutes before their end: a file that was replaced counts within five minutes. */
const REREAD_MS = 600_000;

/**
 * A client of which nothing depends on files or variables of people's shells: endpoint, region, retries and modes are all given.
 * It does not repeat calls; that is done by who knows the deadline.
 */
export async function connectKms(access: AwsAccess): Promise<KMSClient> {
  const { KMSClient } = await import('@aws-sdk/client-kms');
  const agent = { keepAlive: true, maxSockets: access.connections };
  const timeout = access.deadlineMs;
  return new KMSClient({
    region: access.region,
    endpoint: access.endpoint,
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    requestHandler: {
      httpAgent: agent,
      httpsAgent: { ...agent, minVersion: 'TLSv1.2', ...(access.ca === null ? {} : { ca: access.ca }) },
      connectionTimeout: timeout,
      requestTimeout: timeout,
      throwOnRequestTimeout: true,
    },
    ...(access.credentialsFile === null ? {} : { credentials: await fromFile(access.credentialsFile) }),
  } satisfies KMSClientConfig);
}

async function fromFile(filepath: string): Promise<NonNullable<KMSClientConfig['credentials']>> {
  const { fromIni } = await import('@aws-sdk/credential-provider-ini');
  const read = fromIni({ filepath, configFilepath: filepath, profile: 'default', ignoreCache: true });
  return async () => {
    const found = await read();
    return { ...found, expiration: found.expiration ?? new Date(Date.now() + REREAD_MS) };
  };
}
