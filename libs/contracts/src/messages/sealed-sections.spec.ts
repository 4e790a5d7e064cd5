import { describe, expect, it } from '@jest/globals';
import { verifies } from '../../../../tools/verifies.js';
import { newId } from '../encoding/ids.js';
import type { SealedBox } from './fields.js';
import {
  MAX_SECTIONS,
  MAX_SECTIONS_TEXT,
  openSectionsRequestSchema,
  sectionsSealing,
  type OpenSectionsRequest,
} from './sealed-sections.js';

const box = (characters: number): SealedBox => ({
  subject: newId(),
  keyId: newId(),
  enc: 'A'.repeat(43),
  ciphertext: 'A'.repeat(characters),
});
const jws = (text: string): string => `${text}.${text}.${text}`;
const request: OpenSectionsRequest = {
  reading: jws('aaaa'),
  receipt: jws('bbbb'),
  assertion: jws('cccc'),
  batch: 3,
  replyKey: 'A'.repeat(43),
  boxes: [box(40), box(44)],
};
const isAccepted = (change: Partial<OpenSectionsRequest>): boolean =>
  openSectionsRequestSchema.safeParse({ ...request, ...change }).success;

describe('a batch of sealed sections', () => {
  verifies('B3');

  it('is bounded in number and in size', () => {
    const boxes = (count: number, characters: number) => Array.from({ length: count }, () => box(characters));
    expect(isAccepted({ boxes: boxes(MAX_SECTIONS, 40) })).toBe(true);
    expect(isAccepted({ boxes: boxes(MAX_SECTIONS + 1, 40) })).toBe(false);
    expect(isAccepted({ boxes: [] })).toBe(false);
    expect(isAccepted({ boxes: boxes(2, MAX_SECTIONS_TEXT / 2) })).toBe(true);
    expect(isAccepted({ boxes: [...boxes(2, MAX_SECTIONS_TEXT / 2), box(1)] })).toBe(false);
  });

  it('has an answer that is bound to all of it', () => {
    const { boxes } = request;
    const changes: Partial<OpenSectionsRequest>[] = [
      { reading: jws('dddd') },
      { receipt: jws('dddd') },
      { batch: 4 },
      { replyKey: 'B'.repeat(43) },
      { boxes: [...boxes].reverse() },
      { boxes: boxes.slice(1) },
      { boxes: [{ ...boxes[0]!, seq: 1 }, boxes[1]!] },
    ];
    const { aad } = sectionsSealing(request);
    for (const change of changes) expect(sectionsSealing({ ...request, ...change }).aad).not.toEqual(aad);
    expect(sectionsSealing({ ...request, boxes: structuredClone(boxes) }).aad).toEqual(aad);
  });
});
