import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FaultyServer, readBody, type Trouble } from './faulty-server.js';
import { KmsError, KmsKeyStandIn, type EncryptionContext } from './kms-keys.js';
import { signatureFault } from './sigv4.js';

interface Request {
  readonly KeyId?: string;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: EncryptionContext;
  readonly SourceKeyId?: string;
  readonly DestinationKeyId?: string;
  readonly SourceEncryptionContext?: EncryptionContext;
  readonly DestinationEncryptionContext?: EncryptionContext;
}

export const REGION = 'eu-central-1';

/** AWS KMS's JSON 1.1 protocol, with signatures checked, its errors' names, and an IAM policy by action. */
export class KmsStandIn {
  readonly keys: KmsKeyStandIn[] = [];
  /** Actions that were made, in order. */
  readonly actions: string[] = [];
  /** `kms:` actions that the one principal may do; the rest is denied. */
  permitted: readonly string[] = [];
  accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  secretAccessKey = randomBytes(30).toString('base64');
  server!: FaultyServer;

  static async start(tls?: { key: string; cert: string }): Promise<KmsStandIn> {
    const standIn = new KmsStandIn();
    standIn.server = await FaultyServer.start(
      (request, response) => void standIn.answer(request, response),
      tls,
    );
    return standIn;
  }

  get url(): string {
    return this.server.url;
  }

  createKey(): KmsKeyStandIn {
    const key = new KmsKeyStandIn(REGION);
    this.keys.push(key);
    return key;
  }

  /** A shared credentials file. */
  get credentials(): string {
    return `[default]\naws_access_key_id = ${this.accessKeyId}\naws_secret_access_key = ${this.secretAccessKey}\n`;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const reply = (status: number, content: object): void => {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
      response.writeHead(status, headers).end(JSON.stringify(content));
    };
    try {
      reply(200, this.handle(request, body));
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      reply(error.status, { __type: error.type, message: error.message });
    }
  }

  private handle(request: IncomingMessage, body: Buffer): object {
    const fault = signatureFault(request, body, (id) =>
      id === this.accessKeyId ? { secretAccessKey: this.secretAccessKey, region: REGION } : undefined,
    );
    if (fault !== null) throw new KmsError(fault, 'The security token included in the request is invalid.');
    const [service, action = ''] = String(request.headers['x-amz-target']).split('.');
    if (service !== 'TrentService') throw new KmsError('UnknownOperationException');
    this.actions.push(action);
    return this.act(action, JSON.parse(body.toString('utf8')) as Request);
  }

  private act(action: string, request: Request): object {
    const context = request.EncryptionContext ?? {};
    switch (action) {
      case 'DescribeKey':
        return { KeyMetadata: this.key('kms:DescribeKey', request.KeyId).describe() };
      case 'Encrypt': {
        const key = this.key('kms:Encrypt', request.KeyId);
        const plaintext = Buffer.from(request.Plaintext ?? '', 'base64');
        const blob = key.encrypt(plaintext, context).toString('base64');
        return { CiphertextBlob: blob, KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
      }
      case 'Decrypt': {
        const key = this.key('kms:Decrypt', request.KeyId);
        const plaintext = key.decrypt(blobOf(request), context).toString('base64');
        return { Plaintext: plaintext, KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
      }
      case 'ReEncrypt': {
        const from = this.key('kms:ReEncryptFrom', request.SourceKeyId);
        const to = this.key('kms:ReEncryptTo', request.DestinationKeyId);
        const plaintext = from.decrypt(blobOf(request), request.SourceEncryptionContext ?? {});
        const blob = to.encrypt(plaintext, request.DestinationEncryptionContext ?? {}).toString('base64');
        return { CiphertextBlob: blob, SourceKeyId: from.arn, KeyId: to.arn };
      }
      default:
        throw new KmsError('UnknownOperationException');
    }
  }

  private key(permission: string, arn: string | undefined): KmsKeyStandIn {
    if (!this.permitted.includes(permission))
      throw new KmsError('AccessDeniedException', `User is not authorized to perform: ${permission}`);
    const key = this.keys.find((it) => it.arn === arn);
    if (key === undefined) throw new KmsError('NotFoundException', `Key '${arn}' does not exist`);
    return key;
  }
}

function blobOf(request: Request): Buffer {
  const blob = Buffer.from(request.CiphertextBlob ?? '', 'base64');
  if (blob.byteLength >= 1) return blob;
  throw new KmsError('ValidationException', "Value at 'ciphertextBlob' failed to satisfy constraint");
}

export const kmsError = (type: string, status = 400): Trouble => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: { __type: type, message: 'no' },
});
