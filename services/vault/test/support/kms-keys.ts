import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';

/** One of the service's errors, by its name. */
export class KmsError extends Error {
  constructor(
    readonly type: string,
    message = '',
    readonly status = 400,
  ) {
    super(message);
  }
}

export type EncryptionContext = Readonly<Record<string, string>>;

/** The order of the pairs doesn't count, their case and everything else does. */
const canonical = (context: EncryptionContext): string =>
  JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));

const HEADER = 17;
const IV = 12;
const TAG = 16;

/** One symmetric key of AWS KMS. A ciphertext names the key and the version of its material, as the real one's does. */
export class KmsKeyStandIn {
  readonly id = randomUUID();
  readonly arn: string;
  state = 'Enabled';
  spec = 'SYMMETRIC_DEFAULT';
  private readonly material: Buffer[] = [randomBytes(32)];

  constructor(region: string) {
    this.arn = `arn:aws:kms:${region}:111122223333:key/${this.id}`;
  }

  /** New material; what the old one sealed still opens. */
  rotate(): void {
    this.material.push(randomBytes(32));
  }

  encrypt(plaintext: Buffer, context: EncryptionContext): Buffer {
    this.requireUsable();
    const version = this.material.length - 1;
    const header = Buffer.concat([Buffer.from(this.id.replaceAll('-', ''), 'hex'), Buffer.from([version])]);
    const iv = randomBytes(IV);
    const cipher = createCipheriv('aes-256-gcm', this.material[version] ?? Buffer.alloc(0), iv);
    cipher.setAAD(Buffer.concat([header, Buffer.from(canonical(context))]));
    return Buffer.concat([header, iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  decrypt(blob: Buffer, context: EncryptionContext): Buffer {
    this.requireUsable();
    const header = blob.subarray(0, HEADER);
    const material = this.material[header[HEADER - 1] ?? 255];
    if (blob.byteLength < HEADER + IV + TAG || material === undefined)
      throw new KmsError('InvalidCiphertextException');
    if (header.toString('hex', 0, 16) !== this.id.replaceAll('-', ''))
      throw new KmsError('IncorrectKeyException', 'The key ID in the request does not identify a CMK');
    try {
      const decipher = createDecipheriv('aes-256-gcm', material, blob.subarray(HEADER, HEADER + IV));
      decipher.setAAD(Buffer.concat([header, Buffer.from(canonical(context))]));
      decipher.setAuthTag(blob.subarray(-TAG));
      return Buffer.concat([decipher.update(blob.subarray(HEADER + IV, -TAG)), decipher.final()]);
    } catch {
      throw new KmsError('InvalidCiphertextException');
    }
  }

  describe(): object {
    return {
      Arn: this.arn,
      KeyId: this.id,
      KeyState: this.state,
      Enabled: this.state === 'Enabled',
      KeySpec: this.spec,
      KeyUsage: 'ENCRYPT_DECRYPT',
      Origin: 'AWS_KMS',
    };
  }

  private requireUsable(): void {
    if (this.spec !== 'SYMMETRIC_DEFAULT') throw new KmsError('InvalidKeyUsageException');
    if (this.state === 'Disabled') throw new KmsError('DisabledException', `${this.arn} is disabled.`);
    if (this.state !== 'Enabled')
      throw new KmsError('KMSInvalidStateException', `${this.arn} is pending deletion.`);
  }
}
