import {
  b64u,
  fromB64u,
  generateReplyKey,
  hpkeOpen,
  newId,
  payloadHash,
  replyKeyHash,
  replyKeyId,
  SealedChannel,
  sealForSubject,
  sectionsSealing,
  simulationSectionSchema,
  subjectAad,
  SUBJECT_INFO,
  VERBS,
  verifyToken,
  type JsonValue,
  type Keyring,
  type OpenedSection,
  type OpenSectionsReply,
  type OpenSectionsRequest,
  type ReadingClaims,
  type ReplyKey,
  type SealedBox,
} from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { serveVerb } from './serve-verb.js';

/** What it was asked, and for whom. */
export interface AskedBatch {
  request: OpenSectionsRequest;
  reading: ReadingClaims;
}

/** The other end of `vault.v1.openSections`: believes what the vault believes, and opens by keys that it made. */
export class VaultPeer {
  readonly asked: AskedBatch[] = [];
  /** Awaited before each answer; throws to refuse. */
  before: (asked: AskedBatch) => Promise<void> = () => Promise.resolve();
  readonly #keys = new Map<string, { id: string; pair: ReplyKey }>();

  private constructor(private readonly keyring: Keyring) {}

  static async start(connection: NatsConnection, keyring: Keyring): Promise<VaultPeer> {
    const peer = new VaultPeer(keyring);
    await serveVerb({ connection, keyring }, VERBS.openSections, (request) => peer.#open(request));
    return peer;
  }

  seal(org: string, subject: string, section: JsonValue): SealedBox {
    const key = this.#keys.get(subject) ?? { id: newId(), pair: generateReplyKey() };
    this.#keys.set(subject, key);
    return sealForSubject({ keyId: key.id, publicKey: b64u(key.pair.publicKey) }, org, subject, section);
  }

  erase(subject: string): void {
    this.#keys.delete(subject);
  }

  async #open(request: OpenSectionsRequest): Promise<OpenSectionsReply> {
    const now = new Date();
    const reading = verifyToken(this.keyring, 'pc-reading+jwt', 'policy', request.reading, now);
    const receipt = verifyToken(this.keyring, 'pc-receipt+jwt', 'audit', request.receipt, now);
    const reader = verifyToken(this.keyring, 'pc-principal+jwt', 'control', request.assertion, now);
    const fits =
      receipt.gh === b64u(payloadHash(request.reading)) &&
      [reader.org, reader.sub, reader.sid].join() === [reading.org, reading.sub, reading.sid].join() &&
      reading.rkh === replyKeyHash(fromB64u(request.replyKey)) &&
      !this.asked.some(
        (earlier) => earlier.reading.jti === reading.jti && earlier.request.batch === request.batch,
      );
    if (!fits) throw new Error('what was presented does not belong together');
    const asked = { request, reading };
    this.asked.push(asked);
    await this.before(asked);
    const opened = request.boxes.map((box) => this.#openBox(box, reading.org));
    const publicKey = fromB64u(request.replyKey);
    const channel = new SealedChannel(this.keyring.sealKey(), { kid: replyKeyId(publicKey), publicKey });
    return { sealed: b64u(channel.seal(sectionsSealing(request), Buffer.from(JSON.stringify(opened)))) };
  }

  #openBox(box: SealedBox, org: string): OpenedSection {
    const key = this.#keys.get(box.subject);
    if (key === undefined) return { state: 'erased' };
    try {
      const secret = hpkeOpen({
        recipientPrivateKey: key.pair.privateKey,
        enc: fromB64u(box.enc),
        info: SUBJECT_INFO,
        aad: subjectAad(org, box.subject),
        ciphertext: fromB64u(box.ciphertext),
      });
      const { ip, arguments: args = [] } = JSON.parse(secret.revealText());
      return { state: 'opened', section: simulationSectionSchema.parse({ ip, arguments: args }) };
    } catch {
      return { state: 'unreadable' };
    }
  }
}
