import type { KeyManagementServiceClient } from '@google-cloud/kms';
import { AppError } from '@portcullis/contracts';
import { kekIdOf, parseKekId } from '../key-hierarchy/kek-id.js';
import { ownerKeyAad } from '../key-hierarchy/owner-key-aad.js';
import { rewrapHere } from '../key-hierarchy/rewrap-here.js';
import { tryKey } from '../key-hierarchy/try-key.js';
import type {
  KeyProvider,
  KeyVersionStatus,
  OwnerKeyContext,
  WrappedOwnerKey,
} from '../ports/key-provider.js';
import { KeyFault } from '../remote-calls/key-fault.js';
import { REMOTE_LIMITS, RemoteCalls, type RemoteLimits } from '../remote-calls/remote-calls.js';
import { crc32c } from './gcp-kms/crc32c.js';
import { gcpFault } from './gcp-kms/gcp-faults.js';
import { KmsConnection, type GcpAccess } from './gcp-kms/kms-connection.js';

export interface GcpKmsKey {
  /** `gcp:<name>` */
  readonly reference: string;
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…` */
  readonly keyName: string;
  readonly access: GcpAccess;
  readonly limits?: RemoteLimits;
}

/** Milliseconds for which the primary version that was read counts. */
const PRIMARY_MS = 60_000;

interface CallOptions {
  readonly timeout: number;
  readonly retry: null;
  readonly signal: AbortSignal;
}
/** What one attempt works with. */
interface Line {
  readonly client: KeyManagementServiceClient;
  readonly options: CallOptions;
}

/**
 * A symmetric key in Google Cloud KMS. What a wrapping is bound to is its additional authenticated data, {@link ownerKeyAad}
 * of the key's id with its version: so the version is asked for first, and named when wrapping. Checksums (CRC-32C) of all
 * that is sent and received are checked on both sides, as Google asks of its callers.
 */
export class GcpKmsKeyProvider implements KeyProvider {
  private readonly calls: RemoteCalls;
  private readonly connection: KmsConnection;
  private readonly options: Omit<CallOptions, 'signal'>;
  private sealing: { readonly version: number; readonly readAt: number } | undefined;

  /** Asks nothing of the service yet. */
  constructor(private readonly key: GcpKmsKey) {
    this.calls = new RemoteCalls(key.reference, key.limits);
    this.connection = new KmsConnection(key.access);
    // The client repeats nothing, and ends what the deadline has left behind.
    this.options = { timeout: (key.limits ?? REMOTE_LIMITS).deadlineMs, retry: null };
  }

  get reference(): string {
    return this.key.reference;
  }

  async primary(): Promise<string> {
    return kekIdOf(this.reference, await this.ask(false, (line) => this.readPrimary(line)));
  }

  async wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    return this.ask(false, async (line) => {
      const known = this.sealing;
      try {
        return await this.encrypt(line, key, context);
      } catch (error) {
        // The version may have been disabled since it was read: if another seals now, it does.
        if (gcpFault(error, false).reason !== 'disabled' || known === undefined) throw error;
        this.sealing = undefined;
        return this.encrypt(line, key, context);
      }
    });
  }

  async unwrap({ kekId, bytes }: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    this.requireOwn(kekId);
    const additionalAuthenticatedData = ownerKeyAad(kekId, context);
    const request = {
      name: this.key.keyName,
      ciphertext: bytes,
      ciphertextCrc32c: checksum(bytes),
      additionalAuthenticatedData,
      additionalAuthenticatedDataCrc32c: checksum(additionalAuthenticatedData),
    };
    return this.ask(true, async ({ client, options }) => {
      const [answer] = await client.decrypt(request, options);
      return received(answer.plaintext, answer.plaintextCrc32c);
    });
  }

  rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    return rewrapHere({ from: this, to: this }, wrapped, context);
  }

  async describe(): Promise<readonly KeyVersionStatus[]> {
    return this.ask(false, async (line) => {
      const primary = await this.readPrimary(line).catch((error: unknown) => {
        // Without a primary version nothing seals, but others may still open.
        if (gcpFault(error, false).reason !== 'disabled') throw error;
      });
      const [versions] = await line.client.listCryptoKeyVersions({ parent: this.key.keyName }, line.options);
      return versions.map(({ name, state }) => {
        const version = this.versionOf(name);
        const opens = state === 'ENABLED';
        return { kekId: kekIdOf(this.reference, version), seals: opens && version === primary, opens };
      });
    });
  }

  check(): Promise<void> {
    return tryKey(this);
  }

  async close(): Promise<void> {
    this.calls.close();
    await this.connection.close();
  }

  private async encrypt(
    line: Line,
    plaintext: Uint8Array,
    context: OwnerKeyContext,
  ): Promise<WrappedOwnerKey> {
    const version = await this.sealingVersion(line);
    const kekId = kekIdOf(this.reference, version);
    const additionalAuthenticatedData = ownerKeyAad(kekId, context);
    const request = {
      name: `${this.key.keyName}/cryptoKeyVersions/${version}`,
      plaintext,
      plaintextCrc32c: checksum(plaintext),
      additionalAuthenticatedData,
      additionalAuthenticatedDataCrc32c: checksum(additionalAuthenticatedData),
    };
    const [answer] = await line.client.encrypt(request, line.options);
    const arrived = answer.verifiedPlaintextCrc32c && answer.verifiedAdditionalAuthenticatedDataCrc32c;
    if (!arrived || answer.name !== request.name) throw new KeyFault('garbled', 'not what was sent');
    return { kekId, bytes: received(answer.ciphertext, answer.ciphertextCrc32c) };
  }

  private async sealingVersion(line: Line): Promise<number> {
    const { sealing } = this;
    if (sealing !== undefined && performance.now() - sealing.readAt < PRIMARY_MS) return sealing.version;
    return this.readPrimary(line);
  }

  private async readPrimary({ client, options }: Line): Promise<number> {
    const [key] = await client.getCryptoKey({ name: this.key.keyName }, options);
    if (key.purpose !== 'ENCRYPT_DECRYPT') throw new KeyFault('unsuitable');
    if (key.primary?.state !== 'ENABLED') throw new KeyFault('disabled', 'no enabled primary version');
    const version = this.versionOf(key.primary.name);
    this.sealing = { version, readAt: performance.now() };
    return version;
  }

  private versionOf(name: string | null | undefined): number {
    const prefix = `${this.key.keyName}/cryptoKeyVersions/`;
    const version = name?.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (!/^[1-9]\d{0,8}$/.test(version)) throw new KeyFault('garbled', 'name of a version');
    return Number(version);
  }

  private ask<T>(opening: boolean, work: (line: Line) => Promise<T>): Promise<T> {
    return this.calls.run(async (signal) => {
      const client = await this.connection.client();
      const options = { ...this.options, signal };
      return work({ client, options }).catch((error: unknown) => {
        const fault = gcpFault(error, opening);
        if (fault.note === 'UNAUTHENTICATED') void this.connection.forget(client).catch(() => undefined);
        throw fault;
      });
    });
  }

  private requireOwn(kekId: string): void {
    const id = parseKekId(kekId);
    if (id?.reference === this.reference && id.version !== null) return;
    throw new AppError('KEY_UNAVAILABLE', `The key-encryption key "${kekId}" is not configured.`, {
      details: { kekId, reason: 'not_configured' },
    });
  }
}

const checksum = (bytes: Uint8Array): { value: number } => ({ value: crc32c(bytes) });

/** The bytes of an answer, not a copy. They are wiped where they are not what was sent. */
function received(
  bytes: Uint8Array | string | null | undefined,
  sum: { readonly value?: unknown } | null | undefined,
): Buffer {
  if (!(bytes instanceof Uint8Array) || bytes.byteLength === 0) throw new KeyFault('garbled', 'nothing');
  if (String(sum?.value) === String(crc32c(bytes)))
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.fill(0);
  throw new KeyFault('garbled', 'checksum');
}
