import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { crc32c } from '../../src/adapters/gcp-kms/crc32c.js';

/** google.rpc.Code */
export const CODE = {
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A gRPC status other than OK. */
export class Status extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }

  get details(): string {
    return this.message;
  }
}

interface Wrapped {
  readonly value?: string;
}

export interface CryptoRequest {
  readonly name: string;
  readonly plaintext: Buffer;
  readonly ciphertext: Buffer;
  readonly additionalAuthenticatedData: Buffer;
  readonly plaintextCrc32c: Wrapped | null;
  readonly ciphertextCrc32c: Wrapped | null;
  readonly additionalAuthenticatedDataCrc32c: Wrapped | null;
}

interface Version {
  readonly material: Buffer;
  state: string;
}

const IV = 12;
const TAG = 16;
const NOT_OPENED = "Decryption failed: verify that 'name' refers to the correct CryptoKey.";

const verified = (bytes: Buffer, sum: Wrapped | null): boolean => {
  if (sum === null) return false;
  if (sum.value === String(crc32c(bytes))) return true;
  throw new Status(CODE.invalidArgument, 'The checksum in the request does not match the field.');
};

/** One symmetric key of Cloud KMS. A ciphertext says inside which version it is of; the request for decryption names the key only. */
export class GcpKeyStandIn {
  readonly versions: Version[] = [];
  primary = 1;
  purpose = 'ENCRYPT_DECRYPT';

  constructor(readonly name: string) {
    this.addVersion();
  }

  addVersion(): void {
    this.versions.push({ material: randomBytes(32), state: 'ENABLED' });
    this.primary = this.versions.length;
  }

  describe(): object {
    const primary = this.versions[this.primary - 1];
    return {
      name: this.name,
      purpose: this.purpose,
      primary: primary === undefined ? null : this.describeVersion(primary, this.primary),
    };
  }

  describeVersions(): object[] {
    return this.versions.map((version, index) => this.describeVersion(version, index + 1));
  }

  encrypt(request: CryptoRequest): object {
    const [, number] = /\/cryptoKeyVersions\/(\d+)$/.exec(request.name) ?? [];
    const version = number === undefined ? this.primary : Number(number);
    const material = this.usable(version);
    const verifiedPlaintextCrc32c = verified(request.plaintext, request.plaintextCrc32c);
    const aad = request.additionalAuthenticatedData;
    const verifiedAad = verified(aad, request.additionalAuthenticatedDataCrc32c);
    const iv = randomBytes(IV);
    const cipher = createCipheriv('aes-256-gcm', material, iv);
    cipher.setAAD(aad);
    const parts = [Buffer.from([0x0a, version]), iv, cipher.update(request.plaintext), cipher.final()];
    const ciphertext = Buffer.concat([...parts, cipher.getAuthTag()]);
    return {
      name: `${this.name}/cryptoKeyVersions/${version}`,
      ciphertext,
      ciphertextCrc32c: { value: crc32c(ciphertext) },
      verifiedPlaintextCrc32c,
      verifiedAdditionalAuthenticatedDataCrc32c: verifiedAad,
      protectionLevel: 'SOFTWARE',
    };
  }

  decrypt(request: CryptoRequest): object {
    const { ciphertext } = request;
    verified(ciphertext, request.ciphertextCrc32c);
    verified(request.additionalAuthenticatedData, request.additionalAuthenticatedDataCrc32c);
    const version = ciphertext[1] ?? 0;
    if (ciphertext.byteLength < 2 + IV + TAG || ciphertext[0] !== 0x0a || version > this.versions.length)
      throw new Status(CODE.invalidArgument, NOT_OPENED);
    if (version === 0) throw new Status(CODE.invalidArgument, NOT_OPENED);
    const plaintext = this.open(this.usable(version), ciphertext.subarray(2), request);
    return {
      plaintext,
      plaintextCrc32c: { value: crc32c(plaintext) },
      usedPrimary: version === this.primary,
      protectionLevel: 'SOFTWARE',
    };
  }

  private open(material: Buffer, bytes: Buffer, request: CryptoRequest): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', material, bytes.subarray(0, IV));
      decipher.setAAD(request.additionalAuthenticatedData);
      decipher.setAuthTag(bytes.subarray(-TAG));
      return Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()]);
    } catch {
      throw new Status(CODE.invalidArgument, NOT_OPENED);
    }
  }

  private usable(number: number): Buffer {
    const version = this.versions[number - 1];
    const name = `${this.name}/cryptoKeyVersions/${number}`;
    if (version === undefined) throw new Status(CODE.notFound, `CryptoKeyVersion ${name} not found.`);
    if (version.state === 'ENABLED') return version.material;
    const message = `${name} is not enabled, current state is: ${version.state}.`;
    throw new Status(CODE.failedPrecondition, message);
  }

  private describeVersion({ state }: Version, number: number): object {
    const algorithm = 'GOOGLE_SYMMETRIC_ENCRYPTION';
    return {
      name: `${this.name}/cryptoKeyVersions/${number}`,
      state,
      algorithm,
      protectionLevel: 'SOFTWARE',
    };
  }
}
