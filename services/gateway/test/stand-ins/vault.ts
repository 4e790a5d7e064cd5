import {
  AppError,
  b64u,
  fromB64u,
  openSealing,
  payloadHash,
  replyKeyHash,
  replyKeyId,
  SealedChannel,
  VERBS,
  verifyToken,
  type Keyring,
  type OpenReply,
  type OpenRequest,
} from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { VerbResponder } from './verb-responder.js';

/** Stands for the vault: grant and receipt verified and bound, each grant once, the answer sealed to the reply key. */
export class VaultStandIn {
  readonly open: VerbResponder<OpenRequest, OpenReply>;
  /** `<organisation or user> <slot>` → credential. */
  readonly secrets = new Map<string, string>();
  /** Seals to this key instead of the gateway's, as somebody who swapped keys on the way would have it. */
  otherReplyKey: Buffer | undefined;
  private readonly used = new Set<string>();

  constructor(
    connection: NatsConnection,
    private readonly keyring: Keyring,
  ) {
    this.open = new VerbResponder(connection, keyring, VERBS.open, (request) => this.seal(request));
  }

  reset(): void {
    this.open.reset();
    this.otherReplyKey = undefined;
  }

  private seal(request: OpenRequest): OpenReply {
    const now = new Date();
    const grant = verifyToken(this.keyring, 'pc-grant+jwt', 'policy', request.grant, now);
    const receipt = verifyToken(this.keyring, 'pc-receipt+jwt', 'audit', request.receipt, now);
    const replyKey = fromB64u(request.replyKey);
    const belong = receipt.gh === b64u(payloadHash(request.grant)) && grant.rkh === replyKeyHash(replyKey);
    if (!belong) throw new AppError('FORBIDDEN', 'Grant, receipt and reply key do not belong together.');
    if (this.used.has(grant.jti)) throw new AppError('GRANT_CONSUMED', 'The grant has been used.');
    this.used.add(grant.jti);
    const opened = grant.slots.map(({ slot, owner }) => [
      slot,
      this.secretOf(owner === 'user' ? grant.sub : grant.org, slot),
    ]);
    const sealTo = this.otherReplyKey ?? replyKey;
    const channel = new SealedChannel(this.keyring.sealKey(), { kid: replyKeyId(sealTo), publicKey: sealTo });
    const plaintext = Buffer.from(JSON.stringify(Object.fromEntries(opened)), 'utf8');
    return { sealed: b64u(channel.seal(openSealing(request), plaintext)) };
  }

  private secretOf(owner: string, slot: string): string {
    const secret = this.secrets.get(`${owner} ${slot}`);
    if (secret === undefined) throw new AppError('CREDENTIAL_MISSING', `There is no credential "${slot}".`);
    return secret;
  }
}
