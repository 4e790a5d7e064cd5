import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  AppError,
  argumentDigest,
  b64u,
  canonicalBytes,
  fromB64u,
  hpkeOpen,
  newId,
  payloadHash,
  rawPublicKey,
  subjectAad,
  SUBJECT_INFO,
  VERBS,
  verifyToken,
  ERASURE_OPERATION_OF,
  type EraseReply,
  type EraseRequest,
  type PutRequest,
  type JsonValue,
  type SealedBox,
  type SecretMetadata,
} from '@portcullis/contracts';
import type { VerbResponder } from './verb-responder.js';

type Change = Pick<PutRequest, 'grant' | 'receipt' | 'argumentSalt'> & { arguments: JsonValue };
type Targeted = Change & { arguments: { target: PutRequest['arguments']['target'] } };

/** Keeps what it opens in memory, after the checks that the real vault makes of grant, receipt and arguments. */
export class StandInVault {
  private readonly subjectKeys = new Map<string, { keyId: string; privateKey: KeyObject }>();
  private readonly used = new Set<string>();
  /** What happens elsewhere while an erasure is on its way. */
  whenErasing: (() => Promise<void>) | undefined;
  readonly secrets = new Map<string, { org: string; metadata: SecretMetadata; value: string }>();

  constructor(readonly responder: VerbResponder) {
    responder.serve(VERBS.createSubjectKey, ({ org, subject }) => this.subjectKey(`${org}/${subject}`));
    responder.serve(VERBS.putSecret, (request) => this.put(request));
    responder.serve(VERBS.deleteSecret, (request) => ({
      deleted: this.secrets.delete(this.place(request, 'secret.delete').place),
    }));
    responder.serve(VERBS.erase, async (request) => {
      await this.whenErasing?.();
      return this.erase(request);
    });
    responder.serve(VERBS.listSecrets, ({ assertion, srv }) => {
      const { org } = verifyToken(responder.keyring, 'pc-principal+jwt', 'control', assertion, new Date());
      const own = [...this.secrets.values()].filter(
        (secret) => secret.org === org && secret.metadata.srv === srv,
      );
      return { secrets: own.map(({ metadata }) => metadata) };
    });
  }

  private subjectKey(name: string) {
    const known = this.subjectKeys.get(name) ?? {
      keyId: newId(),
      privateKey: generateKeyPairSync('x25519').privateKey,
    };
    this.subjectKeys.set(name, known);
    return { keyId: known.keyId, publicKey: b64u(rawPublicKey(known.privateKey)) };
  }

  /** What only the vault can do: read a sealed section. */
  open(org: string, box: SealedBox): unknown {
    const key = [...this.subjectKeys.values()].find(({ keyId }) => keyId === box.keyId);
    if (key === undefined) throw new Error('sealed to an unknown key');
    const opened = hpkeOpen({
      recipientPrivateKey: createPrivateKey(key.privateKey.export({ format: 'pem', type: 'pkcs8' })),
      enc: fromB64u(box.enc),
      info: SUBJECT_INFO,
      aad: subjectAad(org, box.subject),
      ciphertext: fromB64u(box.ciphertext),
    });
    return JSON.parse(opened.revealText());
  }

  private check({ grant, receipt, argumentSalt, arguments: args }: Change, operation: string) {
    const { keyring } = this.responder;
    const granted = verifyToken(keyring, 'pc-grant+jwt', 'policy', grant, new Date());
    const received = verifyToken(keyring, 'pc-receipt+jwt', 'audit', receipt, new Date());
    if (received.gh !== b64u(payloadHash(grant)))
      throw new AppError('FORBIDDEN', 'The receipt is of another grant.');
    if (granted.op !== operation) throw new AppError('FORBIDDEN', 'The grant is for another operation.');
    if (granted.ad !== argumentDigest(fromB64u(argumentSalt), operation, args))
      throw new AppError('FORBIDDEN', 'Other arguments.');
    if (this.used.has(granted.jti)) throw new AppError('GRANT_CONSUMED', 'The grant has been used already.');
    this.used.add(granted.jti);
    return granted.org;
  }

  private place(request: Targeted, operation: string) {
    const org = this.check(request, operation);
    const { ownerKind, owner, srv, slot } = request.arguments.target;
    return { org, place: [org, srv, slot, ownerKind, owner].join('/') };
  }

  private erase(request: EraseRequest): EraseReply {
    const { what, id } = request.arguments;
    const org = this.check(request, ERASURE_OPERATION_OF[what]);
    const gone = [...this.secrets].filter(
      ([, secret]) =>
        secret.org === org && (what === 'server' ? secret.metadata.srv : secret.metadata.owner) === id,
    );
    for (const [place] of gone) this.secrets.delete(place);
    const hadKey = what === 'subject' && this.subjectKeys.delete(`${org}/${id}`);
    return { secrets: gone.length, ownerKeys: Number(hadKey), subjectKeys: Number(hadKey) };
  }

  private put(request: PutRequest): SecretMetadata {
    const { org, place } = this.place(request, 'secret.put');
    const { target, sealed } = request.arguments;
    const value = hpkeOpen({
      recipientPrivateKey: this.responder.keyring.sealKey(sealed.kid).privateKey,
      enc: fromB64u(sealed.enc),
      info: 'portcullis/v1/put',
      aad: canonicalBytes({ org, ...target }),
      ciphertext: fromB64u(sealed.ciphertext),
    }).revealText();
    const now = new Date().toISOString();
    const version = (this.secrets.get(place)?.metadata.version ?? 0) + 1;
    const metadata = {
      secretId: newId(),
      ...target,
      version,
      last4: value.slice(-4),
      createdAt: now,
      updatedAt: now,
      suspended: false,
    };
    this.secrets.set(place, { org, metadata, value });
    return metadata;
  }
}
