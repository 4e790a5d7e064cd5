import { createHash } from 'node:crypto';
import { errorOf } from '../../test/expect-error.js';
import { hex, vectors } from '../../test/vectors.js';
import { generatePrivateKey } from '../trust/identity.js';
import { privateKeyFromRaw, rawPublicKey } from '../trust/raw-keys.js';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.js';
import { leafBytes, leafHash, nodeHash, recordHash } from './leaf.js';
import {
  cosignNote,
  formatVerifierKey,
  parseVerifierKey,
  signNote,
  verifyNote,
  type NoteKey,
} from './signed-note.js';

interface LogVectors {
  leaf: {
    recordId: string;
    sealedAtMicros: string;
    data: string;
    dataHashHex: string;
    leafHex: string;
    leafHashHex: string;
  };
  node: { leftHex: string; rightHex: string; hex: string };
  checkpoint: { origin: string; size: string; rootHex: string; text: string };
  signers: { name: string; privateKeyHex: string; verifierKey: string }[];
  note: string;
}
const v = vectors<LogVectors>('log');

describe('leaves and nodes', () => {
  it('are as published', () => {
    const dataHash = recordHash(Buffer.from(v.leaf.data));
    expect(dataHash.toString('hex')).toBe(v.leaf.dataHashHex);
    const leaf = leafBytes({
      recordId: v.leaf.recordId,
      sealedAtMicros: BigInt(v.leaf.sealedAtMicros),
      dataHash,
    });
    expect(leaf.toString('hex')).toBe(v.leaf.leafHex);
    expect(leafHash(leaf).toString('hex')).toBe(v.leaf.leafHashHex);
    expect(nodeHash(hex(v.node.leftHex), hex(v.node.rightHex)).toString('hex')).toBe(v.node.hex);
  });

  it('give the leaf hash of RFC 6962 for the empty leaf', () => {
    expect(leafHash(Buffer.alloc(0)).toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('can not be taken for each other', () => {
    const [left, right] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const unprefixed = createHash('sha256').update(left).update(right).digest();
    expect(leafHash(Buffer.concat([left, right])).equals(nodeHash(left, right))).toBe(false);
    expect(nodeHash(left, right).equals(unprefixed)).toBe(false);
    expect(nodeHash(left, right).equals(nodeHash(right, left))).toBe(false);
  });

  it('take hashes of 32 bytes, ids, and times that fit', () => {
    const dataHash = Buffer.alloc(32);
    expect(
      errorOf(() => leafBytes({ recordId: v.leaf.recordId, sealedAtMicros: 1n, dataHash: Buffer.alloc(31) })),
    ).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => leafBytes({ recordId: 'x', sealedAtMicros: 1n, dataHash }))).toBe(
      'INVALID_ARGUMENT',
    );
    expect(errorOf(() => leafBytes({ recordId: v.leaf.recordId, sealedAtMicros: -1n, dataHash }))).toBe(
      'INVALID_ARGUMENT',
    );
    expect(errorOf(() => nodeHash(dataHash, Buffer.alloc(0)))).toBe('INVALID_ARGUMENT');
  });
});

describe('checkpoints', () => {
  const { origin, text } = v.checkpoint;
  const root = hex(v.checkpoint.rootHex);

  it('are as published, and come back equal', () => {
    expect(formatCheckpoint({ origin, size: 2n, root })).toBe(text);
    expect(parseCheckpoint(text)).toEqual({ origin, size: 2n, root });
    const huge = { origin, size: 2n ** 64n - 1n, root };
    expect(parseCheckpoint(formatCheckpoint(huge))).toEqual(huge);
  });

  const base64 = root.toString('base64');
  it.each([
    ['an extension line', `${text}extra\n`],
    ['no newline at the end', text.slice(0, -1)],
    ['a leading zero', `${origin}\n02\n${base64}\n`],
    ['a sign', `${origin}\n+2\n${base64}\n`],
    ['a size beyond 64 bits', `${origin}\n18446744073709551616\n${base64}\n`],
    ['no origin', `\n2\n${base64}\n`],
    ['a short hash', `${origin}\n2\n${Buffer.alloc(31).toString('base64')}\n`],
    ['a hash spelled otherwise', `${origin}\n2\n${'A'.repeat(42)}B=\n`],
    ['base64url', `${origin}\n2\n${'-'.repeat(43)}=\n`],
    ['carriage returns', text.replaceAll('\n', '\r\n')],
  ])('with %s are refused', (_name, bad) => {
    expect(errorOf(() => parseCheckpoint(bad))).toBe('INVALID_ARGUMENT');
  });

  it('that would not be read back are not written', () => {
    expect(errorOf(() => formatCheckpoint({ origin: 'a\nb', size: 1n, root }))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => formatCheckpoint({ origin, size: -1n, root }))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => formatCheckpoint({ origin, size: 1n, root: Buffer.alloc(20) }))).toBe(
      'INVALID_ARGUMENT',
    );
  });
});

describe('signed notes', () => {
  const signers = v.signers.map(({ name, privateKeyHex }) => {
    const privateKey = privateKeyFromRaw('Ed25519', hex(privateKeyHex));
    return { name, privateKey, publicKey: rawPublicKey(privateKey) };
  });
  const [log, witness] = signers as [(typeof signers)[0], (typeof signers)[0]];
  const note = signNote(v.checkpoint.text, log.name, log.privateKey);
  const verify = (text: string, keys: NoteKey[] = signers): string => errorOf(() => verifyNote(text, keys));

  it('are as published: the log’s signature, then the witness’', () => {
    const cosigned = cosignNote(note, witness.name, witness.privateKey);
    expect(cosigned).toBe(v.note);
    expect(verifyNote(v.note, signers)).toEqual({
      text: v.checkpoint.text,
      signers: [log.name, witness.name],
    });
    expect(verifyNote(v.note, [witness]).signers).toEqual([witness.name]);
  });

  it('have verifier keys as published', () => {
    for (const [i, signer] of signers.entries()) {
      const published = v.signers[i]?.verifierKey ?? '';
      expect(formatVerifierKey(signer)).toBe(published);
      expect(parseVerifierKey(published).name).toBe(signer.name);
      expect(rawPublicKey(signer.privateKey).equals(parseVerifierKey(published).publicKey)).toBe(true);
    }
    // The example key of the C2SP signed-note specification.
    const example = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(formatVerifierKey(parseVerifierKey(example))).toBe(example);
    for (const bad of [
      example.replace('c74f20a3', 'c74f20a4'),
      example.replace('+AR', '+BB'),
      example.slice(0, -4),
      'x',
      `${example}+`,
    ]) {
      expect(errorOf(() => parseVerifierKey(bad))).toBe('INVALID_ARGUMENT');
    }
  });

  it('keep an example of the specification valid', () => {
    const key = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const example = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    expect(verifyNote(example, [key])).toEqual({ text, signers: ['PeterNeumann'] });
  });

  it('of nobody known, or with a wrong signature, are refused', () => {
    const other = { name: log.name, publicKey: rawPublicKey(generatePrivateKey('Ed25519')) };
    expect(verify(note, [])).toBe('UNAUTHENTICATED');
    expect(verify(note, [other])).toBe('UNAUTHENTICATED');
    expect(verify(note, [{ ...log, name: 'another/name' }])).toBe('UNAUTHENTICATED');
    expect(verify(note.replace('\n2\n', '\n3\n'))).toBe('UNAUTHENTICATED');
    expect(verify(v.note.replace('\n2\n', '\n3\n'), [witness])).toBe('UNAUTHENTICATED');
    const forged = signNote(v.checkpoint.text.replace('\n2\n', '\n3\n'), log.name, log.privateKey);
    expect(verify(`${v.note}${forged.split('\n\n')[1] ?? ''}`)).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['no signature', `${v.checkpoint.text}\n`],
    ['no empty line', note.replace('\n\n', '\n')],
    ['no newline at the end', note.slice(0, -1)],
    ['a hyphen for the dash', note.replace('— ', '- ')],
    ['a line that is no signature', `${note}hello\n`],
    ['a control character', note.replace('\n2\n', '\n2\u0007\n')],
    ['a signature spelled otherwise', note.replace(/=\n$/, '==\n')],
    ['nothing', ''],
    ['too many signatures', note + (note.split('\n\n')[1] ?? '').repeat(100)],
  ])('with %s are refused', (_name, bad) => {
    expect(verify(bad)).toBe('INVALID_ARGUMENT');
  });

  it('are not made for a text or a name that could not be read back', () => {
    expect(errorOf(() => signNote('no newline', log.name, log.privateKey))).toBe('INVALID_ARGUMENT');
    expect(errorOf(() => signNote('a\u0000b\n', log.name, log.privateKey))).toBe('INVALID_ARGUMENT');
    for (const name of ['', 'a b', 'a+b', 'a\nb']) {
      expect(errorOf(() => signNote('x\n', name, log.privateKey))).toBe('INVALID_ARGUMENT');
    }
  });

  it('may hold empty lines in their text', () => {
    const text = 'a\n\nb\n';
    expect(verifyNote(signNote(text, log.name, log.privateKey), signers).text).toBe(text);
  });
});
