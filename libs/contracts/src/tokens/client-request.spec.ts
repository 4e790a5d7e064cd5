import { verifies } from '../../../../tools/verifies.js';
import { errorOf } from '../../test/expect-error.js';
import { Secret } from '../sensitive/secret.js';
import { newId } from '../encoding/ids.js';
import {
  signClientReply,
  signClientRequest,
  verifyClientReply,
  verifyClientRequest,
} from './client-request.js';
import { deriveClientKeys, verifyClientToken, type ClientKeys } from './client-keys.js';
import { clientReplyKey, clientRequestKey, issueClientToken, parseClientToken } from './client-token.js';

const root = Secret.of(Buffer.alloc(32, 5));
const client = newId();
const token = issueClientToken(root, client, 1);
const generations = new Map([[client, 1]]);
const keysOf = (id: string): ClientKeys | null => {
  const generation = generations.get(id);
  return generation === undefined ? null : deriveClientKeys(root, id, generation);
};
const now = new Date('2026-06-01T12:00:00.000Z');
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const subject = 'policy.v1.check';
const body = Buffer.from('{"principal":"x"}');

describe('a client token', () => {
  it('has a recognisable prefix, a fixed shape and a checksum', () => {
    expect(token.revealText()).toMatch(/^pcc_[0-9A-Z]{26}_[0-9A-Za-z]{49}$/);
    expect(parseClientToken(token.revealText()).clientId).toBe(client);
    expect(String(token)).toBe('[REDACTED]');
  });

  it('needs no storage: the same root, client and generation give it again, anything else another', () => {
    const text = (rootByte: number, id: string, generation: number): string =>
      issueClientToken(Secret.of(Buffer.alloc(32, rootByte)), id, generation).revealText();
    const all = [text(5, client, 1), text(6, client, 1), text(5, newId(), 1), text(5, client, 2)];
    expect(all[0]).toBe(token.revealText());
    expect(new Set(all.map((whole) => whole.slice(31))).size).toBe(4);
  });

  it('is presented once a generation', () => {
    const check = (text: string, generation: number | null): string =>
      errorOf(() =>
        verifyClientToken(
          (id) => (generation === null ? null : deriveClientKeys(root, id, generation)),
          text,
        ),
      );
    expect(check(token.revealText(), 1)).toBe('nothing');
    expect(check(token.revealText(), 2)).toBe('UNAUTHENTICATED/revoked');
    expect(check(token.revealText(), null)).toBe('UNAUTHENTICATED/revoked');
    const guessed = issueClientToken(Secret.of(Buffer.alloc(32, 9)), client, 1).revealText();
    expect(check(guessed, 1)).toBe('UNAUTHENTICATED/revoked');
  });

  it('is refused after any one character has changed', () => {
    const text = token.revealText();
    for (let i = 0; i < text.length; i += 1) {
      const broken = text.slice(0, i) + (text[i] === '2' ? '3' : '2') + text.slice(i + 1);
      expect(errorOf(() => verifyClientToken(keysOf, broken))).toBe('UNAUTHENTICATED/malformed');
    }
    for (const other of ['', 'Bearer', `${text}x`, ` ${text}`, `${text}\n`]) {
      expect(errorOf(() => parseClientToken(other))).toBe('UNAUTHENTICATED/malformed');
    }
  });

  it('is not derived from a root that is too short', () => {
    expect(errorOf(() => issueClientToken(Secret.of(Buffer.alloc(31)), client, 1))).toBe('INVALID_ARGUMENT');
  });

  it('gives different keys for requests and answers', () => {
    expect(clientRequestKey(token)).toHaveLength(32);
    expect(clientRequestKey(token).equals(clientReplyKey(token))).toBe(false);
    expect(clientRequestKey(token).equals(clientRequestKey(token))).toBe(true);
  });
});

describe('a client’s request and its answer over a broker', () => {
  verifies('B3');
  const jws = signClientRequest(token, subject, body, now);
  const verify = (change: { subject?: string; body?: Uint8Array; jws?: string } = {}, at = now) =>
    verifyClientRequest(keysOf, { subject, body, jws, ...change }, at);
  const refusal = (change: Parameters<typeof verify>[0], at = now): string =>
    errorOf(() => verify(change, at));

  it('are believed', () => {
    const request = verify();
    expect(request).toMatchObject({ clientId: client });
    const answer = Buffer.from('{"decision":"deny"}');
    const reply = signClientReply(keysOf(client)!, request, answer, now);
    expect(errorOf(() => verifyClientReply(token, { request: jws, body: answer, jws: reply }, now))).toBe(
      'nothing',
    );
  });

  it('never carry the token', () => {
    expect(jws.includes(token.revealText().slice(31))).toBe(false);
    expect(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()).not.toContain('pcc_');
  });

  it('the request is refused for another body, subject, time, client, generation', () => {
    expect(refusal({ body: Buffer.from('{}') })).toBe('UNAUTHENTICATED/request_mismatch');
    expect(refusal({ subject: 'policy.v1.authorize' })).toBe('UNAUTHENTICATED/request_mismatch');
    expect(refusal({}, later(15))).toBe('UNAUTHENTICATED/expired');
    expect(refusal({}, later(-6))).toBe('UNAUTHENTICATED/not_yet_valid');
    const stranger = newId();
    const strange = signClientRequest(issueClientToken(root, stranger, 1), subject, body, now);
    expect(refusal({ jws: strange })).toBe('UNAUTHENTICATED/revoked');
    const old = signClientRequest(issueClientToken(root, client, 0), subject, body, now);
    expect(refusal({ jws: old })).toBe('UNAUTHENTICATED/tag');
    for (let i = 0; i < jws.length; i += 7) {
      const broken = jws.slice(0, i) + (jws[i] === 'A' ? 'B' : 'A') + jws.slice(i + 1);
      expect(refusal({ jws: broken })).toMatch(/^UNAUTHENTICATED\//);
    }
  });

  it('the answer is refused for another request, body, time, client', () => {
    const answer = Buffer.from('{"decision":"allow"}');
    const reply = signClientReply(keysOf(client)!, verify(), answer, now);
    const check = (change: object, at = now, who = token): string =>
      errorOf(() => verifyClientReply(who, { request: jws, body: answer, jws: reply, ...change }, at));
    expect(check({ body: Buffer.from('{}') })).toBe('UNAUTHENTICATED/body_mismatch');
    expect(check({ request: signClientRequest(token, subject, body, now) })).toBe(
      'UNAUTHENTICATED/request_mismatch',
    );
    expect(check({ jws })).toBe('UNAUTHENTICATED/type');
    expect(check({}, later(15))).toBe('UNAUTHENTICATED/expired');
    expect(check({}, now, issueClientToken(root, newId(), 1))).toBe('UNAUTHENTICATED/unknown_key');
    expect(check({}, now, issueClientToken(root, client, 2))).toBe('UNAUTHENTICATED/tag');
  });
});
