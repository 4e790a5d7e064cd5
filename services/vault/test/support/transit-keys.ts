import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** The engine's way to say that a request is wrong: 400 with these words. */
export class BadRequest extends Error {}

export interface TransitKeyOptions {
  readonly type?: string;
  readonly derived?: boolean;
  readonly convergent?: boolean;
}

const TOO_OLD = 'ciphertext or signature version is disallowed by policy (too old)';
const NO_CONTEXT =
  "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key";

/** One key of the transit engine: what `sdk/helper/keysutil/policy.go` does for aes256-gcm96, with its words. */
export class TransitKeyStandIn {
  minDecryptionVersion = 1;
  private softDeleted = false;
  private readonly versions: Buffer[] = [randomBytes(32)];

  constructor(
    readonly name: string,
    private readonly options: TransitKeyOptions = {},
  ) {}

  /** OpenBao: it is kept, and does nothing. */
  softDelete(): void {
    this.softDeleted = true;
  }

  rotate(): void {
    this.versions.push(randomBytes(32));
  }

  describe(): object {
    const { type = 'aes256-gcm96', derived = true, convergent = false } = this.options;
    const latest = this.versions.length;
    const kept = Array.from({ length: latest }, (_, index) => index + 1).filter(
      (version) => version >= this.minDecryptionVersion,
    );
    return {
      allow_plaintext_backup: false,
      auto_rotate_period: 0,
      deletion_allowed: false,
      derived,
      ...(derived ? { kdf: 'hkdf_sha256', convergent_encryption: convergent } : {}),
      exportable: false,
      imported_key: false,
      keys: Object.fromEntries(kept.map((version) => [version, 1_760_000_000 + version])),
      latest_version: latest,
      min_available_version: 0,
      min_decryption_version: this.minDecryptionVersion,
      min_encryption_version: 0,
      name: this.name,
      supports_decryption: true,
      supports_derivation: true,
      supports_encryption: true,
      supports_signing: false,
      type,
    };
  }

  encrypt(plaintext: string, context: string): { ciphertext: string; key_version: number } {
    if (this.softDeleted) throw new BadRequest('key is soft deleted');
    const version = this.versions.length;
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.derive(version, context), iv);
    const bytes = [iv, cipher.update(Buffer.from(plaintext, 'base64')), cipher.final()];
    const whole = Buffer.concat([...bytes, cipher.getAuthTag()]).toString('base64');
    return { ciphertext: `vault:v${version}:${whole}`, key_version: version };
  }

  decrypt(ciphertext: string, context: string): string {
    const { version, bytes } = this.parse(ciphertext);
    const key = this.derive(version, context);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(-16));
      const plain = [decipher.update(bytes.subarray(12, -16)), decipher.final()];
      return Buffer.concat(plain).toString('base64');
    } catch {
      throw new BadRequest('invalid ciphertext: unable to decrypt');
    }
  }

  private parse(ciphertext: string): { version: number; bytes: Buffer } {
    if (this.softDeleted) throw new BadRequest('key is soft deleted');
    if (!ciphertext.startsWith('vault:v')) throw new BadRequest('invalid ciphertext: no prefix');
    const [number = '', text] = ciphertext.slice('vault:v'.length).split(':', 2);
    if (text === undefined) throw new BadRequest('invalid ciphertext: wrong number of fields');
    if (!/^\d+$/.test(number))
      throw new BadRequest('invalid ciphertext: version number could not be decoded');
    const version = Number(number);
    if (version > this.versions.length) throw new BadRequest('invalid ciphertext: version is too new');
    if (version < this.minDecryptionVersion) throw new BadRequest(TOO_OLD);
    const bytes = Buffer.from(text, 'base64');
    if (bytes.byteLength < 12) throw new BadRequest('invalid ciphertext length');
    return { version, bytes };
  }

  /** HKDF-SHA256 without a salt, the context as info; a key that is not derived is used as it is, whatever the context. */
  private derive(version: number, context: string): Buffer {
    const key = this.versions[version - 1] ?? Buffer.alloc(0);
    if (this.options.derived === false) return key;
    const info = Buffer.from(context, 'base64');
    if (info.byteLength === 0) throw new BadRequest(NO_CONTEXT);
    return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, 32));
  }
}
