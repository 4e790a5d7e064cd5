import type { KeyManagementServiceClient } from '@google-cloud/kms';
import { KeyFault } from '../../remote-calls/key-fault.js';
import { senderOf } from './gcp-credentials.js';

export interface GcpAccess {
  /** `host` or `host:port` of the gRPC endpoint; null: Google's public one. Always TLS. */
  readonly endpoint: string | null;
  /** Certificates (PEM) of the authorities that the endpoint's must be from; null: those that Node knows. */
  readonly ca: string | null;
  /** A credentials file (service account or workload identity federation); null: the identity of the pod or machine. */
  readonly credentialsFile: string | null;
}

const SCOPES = ['https://www.googleapis.com/auth/cloudkms'];
const PUBLIC = 'cloudkms.googleapis.com';

type Client = KeyManagementServiceClient;

/**
 * The client of Cloud KMS, made when it is first needed. The library keeps a client whose beginning has failed (credentials that
 * could not be read, say) in that state, and its calls would then reject where nobody listens: such a client is
 * thrown away, and the next call makes another.
 */
export class KmsConnection {
  private connecting: Promise<Client> | undefined;

  constructor(private readonly access: GcpAccess) {}

  /** @throws KeyFault `denied` */
  client(): Promise<Client> {
    this.connecting ??= connect(this.access).catch((error: unknown) => {
      this.connecting = undefined;
      throw error instanceof KeyFault ? error : new KeyFault('denied', 'no credentials');
    });
    return this.connecting;
  }

  /** The next call reads the credentials anew: they may have been replaced. */
  async forget(client: Client): Promise<void> {
    if ((await this.connecting) !== client) return;
    this.connecting = undefined;
    await client.close();
  }

  async close(): Promise<void> {
    const client = await this.connecting?.catch(() => undefined);
    await client?.close();
  }
}

async function connect({ endpoint, credentialsFile, ca }: GcpAccess): Promise<Client> {
  const [{ KeyManagementServiceClient }, { GoogleAuth, grpc }, { setBackend }] = await Promise.all([
    import('@google-cloud/kms'),
    import('google-gax'),
    import('google-logging-utils'),
  ]);
  // The library would print requests and answers, keys included, when a variable says so.
  setBackend(null);
  const sender = await senderOf(credentialsFile, SCOPES);
  const credentials = grpc.credentials.combineChannelCredentials(
    grpc.credentials.createSsl(ca === null ? null : Buffer.from(ca)),
    grpc.credentials.createFromGoogleCredential({
      getRequestHeaders: async (url) => Object.fromEntries(await sender.getRequestHeaders(url)),
    }),
  );
  const [host = PUBLIC, port = '443'] = endpoint?.split(':') ?? [];
  const client = new KeyManagementServiceClient({
    auth: new GoogleAuth({ authClient: sender }),
    scopes: SCOPES,
    sslCreds: credentials,
    fallback: false,
    universeDomain: 'googleapis.com',
    apiEndpoint: host,
    port: Number(port),
  });
  await client.initialize();
  return client;
}
