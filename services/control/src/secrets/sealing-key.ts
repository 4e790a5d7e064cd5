import {
  AppError,
  b64u,
  canonicalBytes,
  rawPublicKey,
  type JsonValue,
  type Keyring,
  type OwnerKind,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { ReadServers } from '../servers/read-servers.js';
import { secretTarget } from './secret-target.js';

export interface WantedTarget {
  readonly server?: string | undefined;
  readonly slot?: string | undefined;
  readonly owner?: OwnerKind | undefined;
}

/**
 * Tells clients how to seal a credential to the vault. Whoever stores one has to know where it will travel, so the
 * destination of the server that is asked for is part of the answer.
 */
export class SealingKey {
  constructor(
    private readonly keyring: Keyring,
    private readonly servers: ReadServers,
    /** The signed trust bundle as it was read: public halves only. */
    private readonly bundle: JsonValue,
  ) {}

  /** @throws AppError `NOT_FOUND`; `INVALID_ARGUMENT` when only a part of a target is named. */
  async run(admin: Admin, wanted: WantedTarget) {
    const { kid, publicKey } = this.keyring.sealKeyOf('vault');
    const target = await this.target(admin, wanted);
    return {
      kid,
      publicKey: b64u(rawPublicKey(publicKey)),
      mode: 'RFC 9180 base mode, single shot' as const,
      suite: 'DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM' as const,
      info: 'portcullis/v1/put' as const,
      aad: 'UTF-8 bytes of the RFC 8785 (JCS) form of {org, ownerKind, owner, srv, slot, dst}',
      plaintext: 'UTF-8 bytes of the credential, without prefix; at most 65536',
      target,
      aadBase64url: target === null ? null : b64u(canonicalBytes(target)),
      bundle: this.bundle,
    };
  }

  private async target(admin: Admin, { server, slot, owner }: WantedTarget) {
    if (server === undefined && slot === undefined && owner === undefined) return null;
    if (server === undefined || slot === undefined || owner === undefined) {
      throw new AppError('INVALID_ARGUMENT', 'Name server, slot and owner, or none of them.');
    }
    const { org } = admin.principal;
    const { target } = secretTarget(admin, await this.servers.one(org, server), { slot, owner });
    return { org, ...target };
  }
}
