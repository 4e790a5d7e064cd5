import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { errorOf } from '../../test/expect-error.js';
import { installation } from '../../test/keyrings.js';
import { ReplayWindow } from './replay-window.js';
import { requestHash, signReply, signRequest, verifyReply, verifyRequest } from './request.js';

const { keyrings, clock } = installation();
const { gateway, control, policy, vault } = keyrings;
const SUBJECT = 'policy.v1.authorize';
const body = Buffer.from('{"call":1}');
const token = signRequest(gateway, 'policy', SUBJECT, body);
const receive = (
  change: { subject?: string; body?: Uint8Array; jws?: string; callers?: ('gateway' | 'control')[] } = {},
) => {
  const { subject = SUBJECT, jws = token, callers = ['gateway'] } = change;
  return verifyRequest(policy, callers, subject, change.body ?? body, jws, clock.now());
};

describe('a request', () => {
  verifies('B3');

  it('says who sent it', () => {
    expect(receive()).toMatchObject({ caller: 'gateway' });
    expect(receive().jti).not.toBe(receive({ jws: signRequest(gateway, 'policy', SUBJECT, body) }).jti);
  });

  it('is refused with another body, on another subject, from another caller', () => {
    expect(errorOf(() => receive({ body: Buffer.from('{"call":2}') }))).toBe(
      'UNAUTHENTICATED/request_mismatch',
    );
    expect(errorOf(() => receive({ body: Buffer.alloc(0) }))).toBe('UNAUTHENTICATED/request_mismatch');
    expect(errorOf(() => receive({ subject: 'policy.v1.command' }))).toBe('UNAUTHENTICATED/request_mismatch');
    expect(errorOf(() => receive({ callers: ['control'] }))).toBe('UNAUTHENTICATED/caller');
    expect(errorOf(() => receive({ callers: [] }))).toBe('UNAUTHENTICATED/caller');
    expect(errorOf(() => receive({ jws: '' }))).toBe('UNAUTHENTICATED/malformed');
    expect(errorOf(() => receive({ jws: signReply(gateway, 'policy', Buffer.alloc(32), body) }))).toBe(
      'UNAUTHENTICATED/type',
    );
    const elsewhere = signRequest(gateway, 'vault', SUBJECT, body);
    expect(errorOf(() => receive({ jws: elsewhere }))).toBe('UNAUTHENTICATED/unknown_key');
  });

  it('is refused after fifteen seconds', () => {
    const at = (seconds: number): string =>
      errorOf(() =>
        verifyRequest(
          policy,
          ['gateway'],
          SUBJECT,
          body,
          token,
          new Date(clock.now().getTime() + seconds * 1000),
        ),
      );
    expect(at(14.9)).toBe('nothing');
    expect(at(15)).toBe('UNAUTHENTICATED/expired');
  });

  it('has a hash that tells subject and body apart', () => {
    const text = fc.string({ maxLength: 4 });
    fc.assert(
      fc.property(text, text, text, text, (s1, b1, s2, b2) => {
        const same = requestHash(s1, Buffer.from(b1)).equals(requestHash(s2, Buffer.from(b2)));
        expect(same).toBe(s1 === s2 && b1 === b2);
      }),
    );
  });
});

describe('an answer', () => {
  verifies('B3');
  const answer = Buffer.from('{"decision":"allow"}');
  const reply = signReply(policy, 'gateway', receive().reqh, answer);
  const check = (
    change: { request?: string; body?: Uint8Array; jws?: string; from?: 'policy' | 'vault' } = {},
  ): string =>
    errorOf(() =>
      verifyReply(
        gateway,
        change.from ?? 'policy',
        change.request ?? token,
        change.body ?? answer,
        change.jws ?? reply,
        clock.now(),
      ),
    );

  it('is believed for its request', () => {
    expect(check()).toBe('nothing');
  });

  it('of a broker that rewrites is refused', () => {
    expect(check({ body: Buffer.from('{"decision":"deny"}') })).toBe('UNAUTHENTICATED/body_mismatch');
    expect(check({ jws: '' })).toBe('UNAUTHENTICATED/malformed');
    expect(check({ jws: token })).toBe('UNAUTHENTICATED/type');
  });

  it('to an equal request sent before is refused: each request has its own answer', () => {
    const again = signRequest(gateway, 'policy', SUBJECT, body);
    expect(check({ request: again })).toBe('UNAUTHENTICATED/request_mismatch');
  });

  it('of a rogue responder is refused, even of one that is another service', () => {
    const { reqh } = receive();
    expect(check({ jws: signReply(vault, 'gateway', reqh, answer) })).toBe('UNAUTHENTICATED/issuer');
    expect(check({ jws: signReply(policy, 'control', reqh, answer) })).toBe('UNAUTHENTICATED/unknown_key');
    expect(check({ jws: signReply(gateway, 'policy', reqh, answer) })).toBe('UNAUTHENTICATED/unknown_key');
    expect(check({ from: 'vault' })).toBe('UNAUTHENTICATED/issuer');
  });

  it('expires', () => {
    const late = new Date(clock.now().getTime() + 15_000);
    expect(errorOf(() => verifyReply(gateway, 'policy', token, answer, reply, late))).toBe(
      'UNAUTHENTICATED/expired',
    );
  });

  it('is not made for a request that was sent to somebody else', () => {
    const other = signRequest(control, 'policy', SUBJECT, body);
    expect(check({ request: other })).toBe('UNAUTHENTICATED/request_mismatch');
  });
});

describe('the replay window', () => {
  const at = (seconds: number): Date => new Date(seconds * 1000);

  it('lets each request in once while it lives', () => {
    const window = new ReplayWindow();
    expect(window.admit('a', 100, at(90))).toBe(true);
    expect(window.admit('a', 100, at(90))).toBe(false);
    expect(window.admit('b', 100, at(90))).toBe(true);
    expect(window.admit('a', 100, at(104.9))).toBe(false);
  });

  it('does not let an old one in when the clock steps back', () => {
    const window = new ReplayWindow();
    window.admit('a', 100, at(90));
    expect(window.admit('b', 210, at(200))).toBe(true);
    expect(window.admit('a', 100, at(90))).toBe(false);
  });

  it('forgets what has expired, and refuses when it is full rather than forget', () => {
    const window = new ReplayWindow(2);
    window.admit('a', 100, at(90));
    window.admit('b', 101, at(90));
    expect(errorOf(() => window.admit('c', 102, at(90)))).toBe('RATE_LIMITED');
    expect(window.admit('a', 100, at(90))).toBe(false);
    expect(window.admit('c', 115, at(105))).toBe(true);
    expect(window.admit('b', 101, at(105))).toBe(false);
  });
});
