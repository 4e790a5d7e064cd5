import { createRequire } from 'node:module';
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { grpc } from 'google-gax';
import { fromJSON } from '@grpc/proto-loader';
import { CODE, GcpKeyStandIn, Status, type CryptoRequest } from './gcp-keys.js';
import { selfSigned } from './self-signed.js';

/** The service's own protocol files, as its client ships them. */
const PROTOS = createRequire(import.meta.url)('@google-cloud/kms/build/protos/protos.json') as never;
const RING = 'projects/portcullis-test/locations/europe-west3/keyRings/vault';

interface Call {
  readonly request: CryptoRequest & { readonly parent?: string };
  readonly metadata: grpc.Metadata;
  /** Milliseconds left, as the client said. */
  getDeadline(): grpc.Deadline;
}
type Callback = (error: Partial<grpc.ServiceError> | null, answer?: object) => void;

/** What the stand-in does instead of answering. */
export type GcpTrouble =
  | { readonly code: number; readonly details?: string }
  | 'hang'
  | { readonly spoil: (answer: object) => object };

/**
 * Cloud KMS over gRPC and TLS: service accounts sign their own tokens (JWT, RS256), which are verified; permissions by name;
 * checksums; versions and their states.
 */
export class GcpStandIn {
  readonly keys = new Map<string, GcpKeyStandIn>();
  readonly calls: string[] = [];
  permitted: readonly string[] = [];
  private account = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly keyId = randomBytes(20).toString('hex');
  private readonly email = 'vault@portcullis-test.iam.gserviceaccount.com';
  private readonly troubles: GcpTrouble[] = [];
  private lasting: GcpTrouble | undefined;

  private constructor(
    private readonly server: grpc.Server,
    readonly certificate: string,
  ) {}

  endpoint = '';

  static async start(): Promise<GcpStandIn> {
    const { key, cert } = selfSigned('localhost');
    const server = new grpc.Server();
    const standIn = new GcpStandIn(server, cert);
    const definition = fromJSON(PROTOS, { longs: String, enums: String, defaults: true, oneofs: true });
    const service = definition['google.cloud.kms.v1.KeyManagementService'] as grpc.ServiceDefinition;
    const handle =
      (permission: string, act: (call: Call) => object) =>
      (call: Call, callback: Callback): void =>
        standIn.answer(permission, { call, callback, act });
    const { encrypt, decrypt } = permissions;
    server.addService(service, {
      encrypt: handle(encrypt, ({ request }) => standIn.key(request.name).encrypt(request)),
      decrypt: handle(decrypt, ({ request }) => standIn.key(request.name).decrypt(request)),
      getCryptoKey: handle(permissions.get, ({ request }) => standIn.key(request.name).describe()),
      listCryptoKeyVersions: handle(permissions.list, ({ request }) => ({
        cryptoKeyVersions: standIn.key(request.parent ?? '').describeVersions(),
        nextPageToken: '',
      })),
    } as grpc.UntypedServiceImplementation);
    const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
    const credentials = grpc.ServerCredentials.createSsl(null, [pair]);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    standIn.endpoint = `localhost:${port}`;
    return standIn;
  }

  createKey(name: string): GcpKeyStandIn {
    const key = new GcpKeyStandIn(`${RING}/cryptoKeys/${name}`);
    this.keys.set(key.name, key);
    return key;
  }

  /** A key file of the service account. */
  get credentials(): string {
    return JSON.stringify({
      type: 'service_account',
      project_id: 'portcullis-test',
      private_key_id: this.keyId,
      private_key: this.account.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: this.email,
      client_id: '1',
      token_uri: 'https://oauth2.googleapis.com/token',
      universe_domain: 'googleapis.com',
    });
  }

  /** The account gets another key, and the old one is deleted. */
  replaceAccountKey(): void {
    this.account = generateKeyPairSync('rsa', { modulusLength: 2048 });
  }

  next(...troubles: GcpTrouble[]): void {
    this.troubles.push(...troubles);
  }

  all(trouble: GcpTrouble | undefined): void {
    this.troubles.length = 0;
    this.lasting = trouble;
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private answer(
    permission: string,
    { call, callback, act }: { call: Call; callback: Callback; act: (call: Call) => object },
  ): void {
    this.calls.push(permission.split('.').at(-1) ?? '');
    const trouble = this.troubles.shift() ?? this.lasting;
    if (trouble === 'hang') return;
    try {
      if (trouble !== undefined && 'code' in trouble) throw new Status(trouble.code, trouble.details ?? 'no');
      this.authorize(call.metadata, permission);
      const answer = act(call);
      callback(null, trouble === undefined ? answer : trouble.spoil(answer));
    } catch (error) {
      if (!(error instanceof Status)) throw error;
      callback({ code: error.code, details: error.details });
    }
  }

  private authorize(metadata: grpc.Metadata, permission: string): void {
    const [, token = ''] = /^Bearer (.+)$/.exec(String(metadata.get('authorization')[0])) ?? [];
    const [header = '', payload = '', signature = ''] = token.split('.');
    const signed = Buffer.from(`${header}.${payload}`);
    const key = createPublicKey(this.account.publicKey.export({ type: 'spki', format: 'pem' }));
    if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url')))
      throw new Status(CODE.unauthenticated, 'Request had invalid authentication credentials.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string; exp: number };
    if (claims.iss !== this.email || claims.exp * 1000 < Date.now())
      throw new Status(CODE.unauthenticated, 'Request had invalid authentication credentials.');
    if (!this.permitted.includes(permission))
      throw new Status(CODE.permissionDenied, `Permission '${permission}' denied on resource.`);
  }

  private key(name: string): GcpKeyStandIn {
    const key = this.keys.get(name.replace(/\/cryptoKeyVersions\/\d+$/, ''));
    if (key === undefined) throw new Status(CODE.notFound, `CryptoKey ${name} not found.`);
    return key;
  }
}

const permissions = {
  encrypt: 'cloudkms.cryptoKeyVersions.useToEncrypt',
  decrypt: 'cloudkms.cryptoKeyVersions.useToDecrypt',
  get: 'cloudkms.cryptoKeys.get',
  list: 'cloudkms.cryptoKeyVersions.list',
};
