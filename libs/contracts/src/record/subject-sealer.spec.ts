import { verifies } from '../../../../tools/verifies.js';
import { b64u, fromB64u } from '../encoding/base64url.js';
import { newId } from '../encoding/ids.js';
import type { SealedBox } from '../messages/fields.js';
import { hpkeOpen } from '../sealed/hpke.js';
import { generatePrivateKey } from '../trust/identity.js';
import { rawPublicKey } from '../trust/raw-keys.js';
import { sealForSubject, subjectAad, SUBJECT_INFO } from './sealed-box.js';
import { SubjectSealer } from './subject-sealer.js';

function person() {
  const privateKey = generatePrivateKey('X25519');
  const [org, subject] = [newId(), newId()];
  const key = { keyId: newId(), publicKey: b64u(rawPublicKey(privateKey)) };
  const open = ({ enc, seq, ciphertext }: SealedBox): unknown =>
    JSON.parse(
      hpkeOpen({
        recipientPrivateKey: privateKey,
        enc: fromB64u(enc),
        info: SUBJECT_INFO,
        aad: subjectAad(org, subject),
        ciphertext: fromB64u(ciphertext),
        ...(seq === undefined ? {} : { seq }),
      }).revealText(),
    );
  return { org, subject, key, open };
}

describe('boxes that are sealed one after the other', () => {
  verifies('B3');

  it('open each by itself, in any order, and share one key exchange a minute', () => {
    let now = 0;
    const sealer = new SubjectSealer(() => now);
    const { org, subject, key, open } = person();
    const seal = (n: number) => sealer.seal(key, org, subject, { n });
    const boxes = [seal(0), seal(1), seal(2)];
    expect([...boxes].reverse().map(open)).toEqual([{ n: 2 }, { n: 1 }, { n: 0 }]);
    expect(boxes.map(({ seq }) => seq)).toEqual([undefined, 1, 2]);
    expect(new Set(boxes.map(({ enc }) => enc)).size).toBe(1);
    now = 59_999;
    expect(seal(3).enc).toBe(boxes[0]?.enc);
    now = 60_000;
    const later = seal(4);
    expect(later.enc).not.toBe(boxes[0]?.enc);
    expect(later.seq).toBeUndefined();
    expect(open(later)).toEqual({ n: 4 });
  });

  it('never repeat a nonce: equal values give unequal boxes', () => {
    const sealer = new SubjectSealer();
    const { org, subject, key } = person();
    const texts = Array.from({ length: 50 }, () => sealer.seal(key, org, subject, { n: 1 }).ciphertext);
    expect(new Set(texts).size).toBe(50);
  });

  it('do not open with the number of another, nor as those of another person', () => {
    const sealer = new SubjectSealer();
    const [one, other] = [person(), person()];
    sealer.seal(one.key, one.org, one.subject, { n: 0 });
    const box = sealer.seal(one.key, one.org, one.subject, { n: 1 });
    for (const seq of [undefined, 2]) {
      const { seq: _own, ...rest } = box;
      expect(() => one.open(seq === undefined ? rest : { ...rest, seq })).toThrow();
    }
    expect(() => other.open(box)).toThrow();
    expect(sealer.seal(other.key, other.org, other.subject, { n: 1 }).enc).not.toBe(box.enc);
  });

  it('are no other than single ones where there is only one', () => {
    const { org, subject, key, open } = person();
    expect(open(sealForSubject(key, org, subject, { n: 7 }))).toEqual({ n: 7 });
  });

  it('end with the sealer: its keys are wiped', () => {
    const sealer = new SubjectSealer();
    const { org, subject, key } = person();
    const before = sealer.seal(key, org, subject, {});
    sealer.wipe();
    expect(sealer.seal(key, org, subject, {}).enc).not.toBe(before.enc);
  });
});
