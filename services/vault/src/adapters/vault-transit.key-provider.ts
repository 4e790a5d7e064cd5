import { AppError } from '@portcullis/contracts';
import { z } from 'zod';
import { kekIdOf, parseKekId } from '../key-hierarchy/kek-id.js';
import { ownerKeyAad } from '../key-hierarchy/owner-key-aad.js';
import { tryKey } from '../key-hierarchy/try-key.js';
import type {
  KeyProvider,
  KeyVersionStatus,
  OwnerKeyContext,
  WrappedOwnerKey,
} from '../ports/key-provider.js';
import { KeyFault } from '../remote-calls/key-fault.js';
import { REMOTE_LIMITS, RemoteCalls, type RemoteLimits } from '../remote-calls/remote-calls.js';
import { TransitClient, type VaultCall, type VaultServer } from './vault-transit/transit-client.js';
import type { TransitLogin } from './vault-transit/transit-login.js';
import { TransitSession } from './vault-transit/transit-session.js';

export interface TransitKey {
  /** `vault:<name>` */
  readonly reference: string;
  /** Path of the transit engine, for example `transit`. */
  readonly mount: string;
  /** Name of the key there. */
  readonly keyName: string;
  readonly server: Omit<VaultServer, 'connections'>;
  readonly login: TransitLogin;
  readonly limits?: RemoteLimits;
}

/** Ciphers with 256-bit keys that authenticate and for which the engine derives a key from a context. */
const TYPES = ['aes256-gcm96', 'chacha20-poly1305', 'xchacha20-poly1305'];

const whole = z.number().int().min(1);
const keySchema = z.object({
  data: z.object({
    type: z.string(),
    derived: z.boolean(),
    convergent_encryption: z.boolean().default(false),
    latest_version: whole,
    min_decryption_version: z.number().int().min(0),
  }),
});
type TransitKeyState = z.infer<typeof keySchema>['data'];

const CIPHERTEXT = /^vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})$/;
const sealedSchema = z.object({ data: z.object({ ciphertext: z.string().regex(CIPHERTEXT) }) });
const openedSchema = z.object({ data: z.object({ plaintext: z.base64().min(1) }) });

/**
 * A key in the transit engine of HashiCorp Vault or OpenBao. It has to be a derived one: the engine then derives a key of its
 * own from each context, so nothing opens under another; without it the engine ignores the context, and the key is
 * refused. The context is {@link ownerKeyAad} of the key's reference, the same under every version, since `rewrap` takes one.
 * Associated data is not used: `rewrap` does not take it. Stored are the bytes behind `vault:v<n>:`; the version is part of
 * the id.
 */
export class VaultTransitKeyProvider implements KeyProvider {
  private readonly calls: RemoteCalls;
  private suitable = false;

  private constructor(
    private readonly key: TransitKey,
    private readonly client: TransitClient,
    private readonly session: TransitSession,
  ) {
    this.calls = new RemoteCalls(key.reference, key.limits);
  }

  /** Asks nothing of the server yet. */
  static async create(key: TransitKey): Promise<VaultTransitKeyProvider> {
    const { deadlineMs, concurrency } = key.limits ?? REMOTE_LIMITS;
    const client = await TransitClient.connect({ ...key.server, connections: concurrency });
    return new VaultTransitKeyProvider(key, client, new TransitSession(client, key.login, deadlineMs));
  }

  get reference(): string {
    return this.key.reference;
  }

  async primary(): Promise<string> {
    return kekIdOf(this.reference, (await this.state()).latest_version);
  }

  async wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const plaintext = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64');
    return this.seal('encrypt', { plaintext, context: this.contextOf(context) });
  }

  async unwrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    const body = { ciphertext: this.ciphertextOf(wrapped), context: this.contextOf(context) };
    const { data } = await this.ask((call) =>
      this.client.post(this.path('decrypt'), body, openedSchema, call),
    );
    return Buffer.from(data.plaintext, 'base64');
  }

  async rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    return this.seal('rewrap', {
      ciphertext: this.ciphertextOf(wrapped),
      context: this.contextOf(context),
    });
  }

  async describe(): Promise<readonly KeyVersionStatus[]> {
    const { latest_version: latest, min_decryption_version: oldest } = await this.state();
    const versions = Array.from({ length: latest }, (_, index) => index + 1);
    return versions.map((version) => ({
      kekId: kekIdOf(this.reference, version),
      seals: version === latest,
      opens: version >= oldest,
    }));
  }

  check(): Promise<void> {
    return tryKey(this);
  }

  async close(): Promise<void> {
    this.calls.close();
    await this.session.close();
    this.client.close();
  }

  private async seal(operation: 'encrypt' | 'rewrap', body: object): Promise<WrappedOwnerKey> {
    const { data } = await this.ask((call) =>
      this.client.post(this.path(operation), body, sealedSchema, call),
    );
    const [, version, text = ''] = CIPHERTEXT.exec(data.ciphertext) ?? [];
    return { kekId: kekIdOf(this.reference, Number(version)), bytes: Buffer.from(text, 'base64') };
  }

  private async state(): Promise<TransitKeyState> {
    return this.calls.run((signal) => this.session.run(signal, (token) => this.read({ token, signal })));
  }

  /** A call with a token, after it has been seen that the key binds the context. */
  private ask<T>(work: (call: VaultCall) => Promise<T>): Promise<T> {
    return this.calls.run((signal) =>
      this.session.run(signal, async (token) => {
        if (!this.suitable) await this.read({ token, signal });
        return work({ token, signal });
      }),
    );
  }

  private async read(call: VaultCall): Promise<TransitKeyState> {
    const { data } = await this.client.get(this.path('keys'), keySchema, call);
    const fault = unsuitability(data);
    if (fault !== null) throw new KeyFault('unsuitable', fault);
    this.suitable = true;
    return data;
  }

  private path(operation: string): string {
    return `${this.key.mount}/${operation}/${this.key.keyName}`;
  }

  private contextOf(context: OwnerKeyContext): string {
    return ownerKeyAad(this.reference, context).toString('base64');
  }

  /** Nothing but the version that the id names can be meant: the engine reads it from this prefix. */
  private ciphertextOf({ kekId, bytes }: WrappedOwnerKey): string {
    const id = parseKekId(kekId);
    if (id?.reference === this.reference && id.version !== null)
      return `vault:v${id.version}:${bytes.toString('base64')}`;
    throw new AppError('KEY_UNAVAILABLE', `The key-encryption key "${kekId}" is not configured.`, {
      details: { kekId, reason: 'not_configured' },
    });
  }
}

/** Why a key would not do what the port promises. */
function unsuitability(key: TransitKeyState): string | null {
  if (!TYPES.includes(key.type)) return 'type does not encrypt with authentication and derivation';
  if (!key.derived) return 'not derived: the context would be ignored';
  return key.convergent_encryption ? 'convergent: equal keys would give equal bytes' : null;
}
