import { sign, verify, type KeyObject } from 'node:crypto';
import { sha256 } from '../encoding/sha256.js';
import { AppError } from '../errors/app-error.js';
import { publicKeyFromRaw, rawPublicKey } from '../trust/raw-keys.js';

/** A key that may sign notes: https://c2sp.org/signed-note, Ed25519. */
export interface NoteKey {
  /** No spaces, no `+`. For the log's own key it is the origin. */
  name: string;
  /** 32 raw bytes. */
  publicKey: Uint8Array;
}

export interface VerifiedNote {
  text: string;
  /** Names of the given keys whose signatures are on the note, in the order of the signatures. */
  signers: string[];
}

const ED25519 = 0x01;
const NAME = /^[^\s+\u0000-\u001f\u007f]+$/u;
const SIGNATURE_LINE = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u;
const VERIFIER_KEY = /^([^+]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/]+=*)$/u;
const MAX_SIGNATURES = 100;
const KEY_HASH = 4;

/**
 * Text, an empty line, and one line `— <name> base64(keyHash4 ‖ signature64)`.
 *
 * @throws AppError `INVALID_ARGUMENT` for a text that does not end in a newline, or a bad key name.
 */
export function signNote(text: string, keyName: string, privateKey: KeyObject): string {
  requireText(text);
  return `${text}\n${signatureLine(text, keyName, privateKey)}`;
}

/** The note with one more signature over the same text. */
export function cosignNote(note: string, keyName: string, privateKey: KeyObject): string {
  const { text } = split(note);
  return `${note}${signatureLine(text, keyName, privateKey)}`;
}

/**
 * Signatures of keys that are not given are ignored, as C2SP demands; one of a given key that is wrong refuses all.
 *
 * @throws AppError `INVALID_ARGUMENT` for a malformed note, `UNAUTHENTICATED` for a wrong signature, or none of a given key.
 */
export function verifyNote(note: string, keys: NoteKey[]): VerifiedNote {
  const { text, signatures } = split(note);
  const signers: string[] = [];
  for (const { name, bytes } of signatures) {
    const key = keys.find(
      (candidate) => candidate.name === name && noteKeyHash(candidate).equals(bytes.subarray(0, KEY_HASH)),
    );
    if (key === undefined) continue;
    if (
      !verify(
        null,
        Buffer.from(text, 'utf8'),
        publicKeyFromRaw('Ed25519', key.publicKey),
        bytes.subarray(KEY_HASH),
      )
    ) {
      throw new AppError('UNAUTHENTICATED', `The signature of ${name} on the note is wrong.`);
    }
    if (!signers.includes(name)) signers.push(name);
  }
  if (signers.length === 0)
    throw new AppError('UNAUTHENTICATED', 'The note has no signature of a known key.');
  return { text, signers };
}

/** First four bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key): tells keys apart, proves nothing. */
export function noteKeyHash({ name, publicKey }: NoteKey): Buffer {
  return sha256(`${name}\n`, Uint8Array.of(ED25519), publicKey).subarray(0, KEY_HASH);
}

/** The key as text, C2SP `<name>+<hex hash>+<base64(0x01 ‖ key)>`, for people to pin. */
export function formatVerifierKey(key: NoteKey): string {
  requireName(key.name);
  const bytes = Buffer.concat([Uint8Array.of(ED25519), key.publicKey]);
  return `${key.name}+${noteKeyHash(key).toString('hex')}+${bytes.toString('base64')}`;
}

/** @throws AppError `INVALID_ARGUMENT` unless it is an Ed25519 verifier key whose hash is right. */
export function parseVerifierKey(text: string): NoteKey {
  const [, name = '', base64 = ''] = VERIFIER_KEY.exec(text) ?? [];
  const key = { name, publicKey: Buffer.from(base64, 'base64').subarray(1) };
  if (!NAME.test(name) || key.publicKey.byteLength !== 32 || formatVerifierKey(key) !== text) {
    throw new AppError('INVALID_ARGUMENT', 'The text is not an Ed25519 verifier key.');
  }
  return key;
}

function signatureLine(text: string, name: string, privateKey: KeyObject): string {
  requireName(name);
  const hash = noteKeyHash({ name, publicKey: rawPublicKey(privateKey) });
  const signature = sign(null, Buffer.from(text, 'utf8'), privateKey);
  return `— ${name} ${Buffer.concat([hash, signature]).toString('base64')}\n`;
}

function split(note: string): { text: string; signatures: { name: string; bytes: Buffer }[] } {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw malformed();
  const text = note.slice(0, end + 1);
  requireText(text);
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw malformed();
  return { text, signatures: lines.map(parseLine) };
}

function parseLine(line: string): { name: string; bytes: Buffer } {
  const [, name, base64] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || base64 === undefined || !NAME.test(name)) throw malformed();
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64 || bytes.byteLength <= KEY_HASH) throw malformed();
  return { name, bytes };
}

function requireText(text: string): void {
  if (!text.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f\u007f]/.test(text) || text === '\n') {
    throw new AppError(
      'INVALID_ARGUMENT',
      'The text of a note has to end in a newline and hold no control characters.',
    );
  }
}

function requireName(name: string): void {
  if (!NAME.test(name))
    throw new AppError('INVALID_ARGUMENT', 'The name of a note key may have no spaces and no "+".');
}

function malformed(): AppError {
  return new AppError('INVALID_ARGUMENT', 'The text is not a signed note.');
}
