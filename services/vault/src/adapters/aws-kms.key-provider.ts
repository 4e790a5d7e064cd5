import type { KMSClient } from '@aws-sdk/client-kms';
import { AppError } from '@portcullis/contracts';
import { tryKey } from '../key-hierarchy/try-key.js';
import type {
  KeyProvider,
  KeyVersionStatus,
  OwnerKeyContext,
  WrappedOwnerKey,
} from '../ports/key-provider.js';
import { KeyFault } from '../remote-calls/key-fault.js';
import { REMOTE_LIMITS, RemoteCalls, type RemoteLimits } from '../remote-calls/remote-calls.js';
import { awsFault } from './aws-kms/aws-faults.js';
import { connectKms, type AwsAccess } from './aws-kms/kms-client.js';

export interface AwsKmsKey {
  /** `aws:<name>` */
  readonly reference: string;
  /** Of the key itself, not of an alias. */
  readonly keyArn: string;
  readonly access: Omit<AwsAccess, 'connections' | 'deadlineMs'>;
  readonly limits?: RemoteLimits;
}

type Sdk = typeof import('@aws-sdk/client-kms');

const ALGORITHM = 'SYMMETRIC_DEFAULT';
const USABLE = ['Enabled', 'Updating'];

/**
 * A symmetric key in AWS KMS. What a wrapping is bound to is its encryption context, so key policies can refer to it
 * (`kms:EncryptionContext:portcullis-org`) and CloudTrail shows it: opaque ids only. Every call names the key, also where
 * AWS would find it in the ciphertext. Versions of the key (rotation of its material) can't be told apart from outside, so it
 * has none here: to retire what it wrapped, move to another key.
 */
export class AwsKmsKeyProvider implements KeyProvider {
  private readonly calls: RemoteCalls;

  private constructor(
    private readonly key: AwsKmsKey,
    private readonly sdk: Sdk,
    private readonly client: KMSClient,
  ) {
    this.calls = new RemoteCalls(key.reference, key.limits);
  }

  /** Asks nothing of the service yet. */
  static async create(key: AwsKmsKey): Promise<AwsKmsKeyProvider> {
    const { deadlineMs, concurrency: connections } = key.limits ?? REMOTE_LIMITS;
    const client = await connectKms({ ...key.access, connections, deadlineMs });
    return new AwsKmsKeyProvider(key, await import('@aws-sdk/client-kms'), client);
  }

  get reference(): string {
    return this.key.reference;
  }

  async primary(): Promise<string> {
    return this.reference;
  }

  async wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const command = new this.sdk.EncryptCommand({
      KeyId: this.key.keyArn,
      Plaintext: key,
      EncryptionContext: this.contextOf(context),
      EncryptionAlgorithm: ALGORITHM,
    });
    return this.ask(false, async (abortSignal) => {
      const { CiphertextBlob, KeyId } = await this.client.send(command, { abortSignal });
      return { kekId: this.reference, bytes: this.fromOurKey(CiphertextBlob, KeyId) };
    });
  }

  async unwrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    const command = new this.sdk.DecryptCommand({
      KeyId: this.key.keyArn,
      CiphertextBlob: this.bytesOf(wrapped),
      EncryptionContext: this.contextOf(context),
      EncryptionAlgorithm: ALGORITHM,
    });
    return this.ask(true, async (abortSignal) => {
      const { Plaintext, KeyId } = await this.client.send(command, { abortSignal });
      return this.fromOurKey(Plaintext, KeyId);
    });
  }

  async rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const command = new this.sdk.ReEncryptCommand({
      SourceKeyId: this.key.keyArn,
      DestinationKeyId: this.key.keyArn,
      CiphertextBlob: this.bytesOf(wrapped),
      SourceEncryptionContext: this.contextOf(context),
      DestinationEncryptionContext: this.contextOf(context),
      SourceEncryptionAlgorithm: ALGORITHM,
      DestinationEncryptionAlgorithm: ALGORITHM,
    });
    return this.ask(true, async (abortSignal) => {
      const { CiphertextBlob, KeyId } = await this.client.send(command, { abortSignal });
      return { kekId: this.reference, bytes: this.fromOurKey(CiphertextBlob, KeyId) };
    });
  }

  async describe(): Promise<readonly KeyVersionStatus[]> {
    const command = new this.sdk.DescribeKeyCommand({ KeyId: this.key.keyArn });
    const state = await this.ask(false, async (abortSignal) => {
      const { KeyMetadata: key } = await this.client.send(command, { abortSignal });
      if (key?.Arn !== this.key.keyArn) throw new KeyFault('garbled');
      if (key.KeySpec !== ALGORITHM || key.KeyUsage !== 'ENCRYPT_DECRYPT') throw new KeyFault('unsuitable');
      return key.KeyState ?? '';
    });
    const usable = USABLE.includes(state);
    return [{ kekId: this.reference, seals: usable, opens: usable }];
  }

  check(): Promise<void> {
    return tryKey(this);
  }

  async close(): Promise<void> {
    this.calls.close();
    this.client.destroy();
  }

  private ask<T>(opening: boolean, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.calls.run((signal) =>
      work(signal).catch((error: unknown) => {
        throw awsFault(error, opening);
      }),
    );
  }

  /** An answer made with another key than the named one is none. The bytes are not copied: whoever wipes them wipes all. */
  private fromOurKey(bytes: Uint8Array | undefined, keyId: string | undefined): Buffer {
    if (bytes === undefined || keyId !== this.key.keyArn) {
      bytes?.fill(0);
      throw new KeyFault('garbled');
    }
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private bytesOf({ kekId, bytes }: WrappedOwnerKey): Buffer {
    if (kekId === this.reference) return bytes;
    throw new AppError('KEY_UNAVAILABLE', `The key-encryption key "${kekId}" is not configured.`, {
      details: { kekId, reason: 'not_configured' },
    });
  }

  private contextOf({ org, ownerKind, owner, keyId, version }: OwnerKeyContext): Record<string, string> {
    return {
      'portcullis-purpose': 'owner-key/v1',
      'portcullis-kek': this.reference,
      'portcullis-org': org,
      'portcullis-owner-kind': ownerKind,
      'portcullis-owner': owner,
      'portcullis-key': keyId,
      'portcullis-key-version': String(version),
    };
  }
}
