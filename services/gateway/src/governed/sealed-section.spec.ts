import { describe, expect, it } from '@jest/globals';
import {
  b64u,
  fromB64u,
  generateReplyKey,
  hpkeOpen,
  newId,
  SUBJECT_INFO,
  subjectAad,
  type SealedBox,
} from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import type { GovernedCall } from './governed-call.js';
import { SealedSection } from './sealed-section.js';

const key = generateReplyKey();
const [org, sub] = [newId(), newId()];

const call = {
  principal: { principal: { org, sub, subjectKey: { keyId: newId(), publicKey: b64u(key.publicKey) } } },
  client: { ip: '192.0.2.1', userAgent: 'test', protocol: '2026-07-28' },
  params: { name: 'send', arguments: { to: 'a@corp.example', body: 'a secret plan' } },
} as unknown as GovernedCall;

const open = ({ enc, ciphertext, seq }: SealedBox): unknown =>
  JSON.parse(
    hpkeOpen({
      recipientPrivateKey: key.privateKey,
      enc: fromB64u(enc),
      info: SUBJECT_INFO,
      aad: subjectAad(org, sub),
      ciphertext: fromB64u(ciphertext),
      ...(seq === undefined ? {} : { seq }),
    }).revealText(),
  );

describe('the sealed section of a record', () => {
  verifies('B3', 'B6');

  it('has the values that rules look at, and no other argument', () => {
    const box = new SealedSection().of(call, { argumentSalt: 'salt', argumentPaths: [['to'], ['cc']] });
    expect(box.subject).toBe(sub);
    expect(open(box)).toEqual({
      ip: '192.0.2.1',
      userAgent: 'test',
      argumentSalt: 'salt',
      arguments: [[['to'], 'a@corp.example'], [['cc']]],
    });
  });

  it('has no argument where no rule looks at one', () => {
    const box = new SealedSection().of(call, { argumentSalt: null });
    expect(open(box)).toEqual({ ip: '192.0.2.1', userAgent: 'test', argumentSalt: null });
  });
});
