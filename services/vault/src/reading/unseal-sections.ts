import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KeyObject } from 'node:crypto';
import {
  AppError,
  fromB64u,
  HpkeReceiver,
  privateKeyFromRaw,
  subjectAad,
  SUBJECT_INFO,
  type OpenedSection,
  type ReadingPurpose,
  type SealedBox,
  type Secret,
} from '@portcullis/contracts';
import type { SecretEnvelopes } from '../key-hierarchy/secret-envelopes.js';
import { subjectKeyAad } from '../subject-keys/subject-key-aad.js';
import type { StoredSubjectKey } from '../subject-keys/stored-subject-keys.js';
import { sectionFor } from './section-fields.js';

/** Boxes that are opened in one turn of the event loop: openings of credentials go between. */
const PER_TURN = 16;

export interface Batch {
  readonly org: string;
  readonly purpose: ReadingPurpose;
  readonly boxes: readonly SealedBox[];
  /** Of the organisation, by id; which of them fit is decided here. */
  readonly keys: readonly StoredSubjectKey[];
}

/** One key exchange of one sender. */
type Receivers = Map<string, HpkeReceiver>;

/** Opens boxes by the keys of their subjects, each box by itself: what can't be opened doesn't hold up the others. */
export class UnsealSections {
  constructor(private readonly envelopes: SecretEnvelopes) {}

  /** @throws AppError `KEY_UNAVAILABLE` when the key provider doesn't answer: that says nothing about a box */
  async run(batch: Batch): Promise<OpenedSection[]> {
    const privateKeys = await this.unwrap(batch);
    const receivers: Receivers = new Map();
    try {
      const opened: OpenedSection[] = [];
      for (const [index, box] of batch.boxes.entries()) {
        if (index % PER_TURN === PER_TURN - 1) await nextTurn();
        opened.push(this.open(box, batch, { key: privateKeys.get(nameOf(box)), receivers }));
      }
      return opened;
    } finally {
      for (const receiver of receivers.values()) receiver.wipe();
    }
  }

  /** Null: it is there and is not what was stored. */
  private async unwrap({ org, keys }: Batch): Promise<Map<string, KeyObject | null>> {
    const unwrapped = new Map<string, KeyObject | null>();
    for (const { subject, subjectKeyId, ownerKey, envelope } of keys) {
      const about = subjectKeyAad(org, subject, subjectKeyId);
      const key = await readable(this.envelopes.open(about, ownerKey, envelope).then(privateKeyOf));
      unwrapped.set(nameOf({ subject, keyId: subjectKeyId }), key);
    }
    return unwrapped;
  }

  private open(
    box: SealedBox,
    { org, purpose }: Batch,
    { key, receivers }: { key: KeyObject | null | undefined; receivers: Receivers },
  ): OpenedSection {
    if (key === undefined) return { state: 'erased' };
    const secret = key === null ? null : tryOpen(box, org, { key, receivers });
    if (secret === null) return { state: 'unreadable' };
    // Its values become strings here, which can't be wiped: they are the answer.
    const section = sectionFor(purpose, secret.revealText());
    secret.wipe();
    return section === null ? { state: 'unreadable' } : { state: 'opened', section };
  }
}

const nameOf = ({ subject, keyId }: Pick<SealedBox, 'subject' | 'keyId'>): string => `${subject} ${keyId}`;

function tryOpen(
  box: SealedBox,
  org: string,
  { key, receivers }: { key: KeyObject; receivers: Receivers },
): Secret | null {
  const { subject, seq = 0 } = box;
  const name = `${nameOf(box)} ${box.enc}`;
  try {
    const receiver =
      receivers.get(name) ??
      new HpkeReceiver({ recipientPrivateKey: key, enc: fromB64u(box.enc), info: SUBJECT_INFO });
    receivers.set(name, receiver);
    return receiver.open({ seq, aad: subjectAad(org, subject), ciphertext: fromB64u(box.ciphertext) });
  } catch (error) {
    if (isAboutTheBox(error)) return null;
    throw error;
  }
}

function privateKeyOf(secret: Secret): KeyObject {
  try {
    return privateKeyFromRaw('X25519', secret.reveal());
  } finally {
    secret.wipe();
  }
}

async function readable<T>(opening: Promise<T>): Promise<T | null> {
  try {
    return await opening;
  } catch (error) {
    if (isAboutTheBox(error)) return null;
    throw error;
  }
}

const isAboutTheBox = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'DECRYPTION_FAILED' || error.code === 'INVALID_ARGUMENT');
