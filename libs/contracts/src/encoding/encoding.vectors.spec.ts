import { hex, vectors } from '../../test/vectors.js';
import { argumentDigest } from './argument-digest.js';
import { deterministicId, idBytes, idFromBytes } from './ids.js';
import { lp } from './length-prefix.js';

interface EncodingVectors {
  lp: { partsHex: string[]; hex: string }[];
  ids: { hex: string; id: string }[];
  argumentDigests: { saltHex: string; tool: string; arguments: unknown; ad: string }[];
  deterministicIds: { parts: string[]; id: string }[];
}
const given = vectors<EncodingVectors>('encoding');

it('length prefixes, ids, deterministic ids and argument digests are as published', () => {
  for (const { partsHex, hex: expected } of given.lp)
    expect(lp(...partsHex.map(hex)).toString('hex')).toBe(expected);
  for (const { hex: bytes, id } of given.ids) {
    expect(idFromBytes(hex(bytes))).toBe(id);
    expect(idBytes(id).toString('hex')).toBe(bytes);
  }
  for (const v of given.argumentDigests)
    expect(argumentDigest(hex(v.saltHex), v.tool, v.arguments)).toBe(v.ad);
  for (const { parts, id } of given.deterministicIds) expect(deterministicId(...parts)).toBe(id);
});
