import { createSecretKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { verifies } from '../../../../tools/verifies.js';
import { CLAIMS } from '../../test/claims.js';
import { errorOf } from '../../test/expect-error.js';
import { installation } from '../../test/keyrings.js';
import { sha256 } from '../encoding/sha256.js';
import type { ServiceName } from '../trust/identity.js';
import { payloadHash, sealJws } from './compact-jws.js';
import { issueForAudiences, issueToken } from './issue-token.js';
import { TOKEN_RULES, type TokenType } from './token-types.js';
import { verifyToken, verifyTokenOfThePast } from './verify-token.js';

const { keyrings, clock } = installation();
const { control, gateway, vault, policy, audit } = keyrings;

type Route = [TokenType, ServiceName, ServiceName];

const ROUTES: Route[] = [
  ['pc-principal+jwt', 'control', 'policy'],
  ['pc-request+jwt', 'gateway', 'policy'],
  ['pc-reply+jwt', 'policy', 'gateway'],
  ['pc-grant+jwt', 'policy', 'vault'],
  ['pc-denial+jwt', 'policy', 'audit'],
  ['pc-receipt+jwt', 'audit', 'vault'],
  ['pc-reading+jwt', 'policy', 'vault'],
];
const issue = (type: TokenType, from: ServiceName, to: ServiceName): string =>
  issueToken(keyrings[from], type, to, CLAIMS[type]);
const verify = (...[type, from, to, jws, at]: [...Route, jws: string, at?: Date]): string =>
  errorOf(() => verifyToken(keyrings[to], type, from, jws, at ?? clock.now()));
const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
const seconds = (n: number): Date => new Date(clock.now().getTime() + n * 1000);

/** A token that a holder of the right key made with other claims, type or header than the library would. */
function crafted(
  type: TokenType,
  change: object,
  from: ServiceName = 'policy',
  to: ServiceName = 'vault',
): string {
  const { kid, key } = keyrings[from].pairwiseTo(to);
  return sealJws(type, kid, key, encode({ ...decode(issue(type, from, to).split('.')[1]), ...change }));
}

describe.each(ROUTES)('%s from %s to %s', (type, from, to) => {
  const jws = issue(type, from, to);

  it('is believed by its receiver, with the claims that were given', () => {
    const claims = verifyToken(keyrings[to], type, from, jws, clock.now());
    expect(claims).toMatchObject({ ...CLAIMS[type], iss: from });
    expect(claims.exp - claims.iat).toBe(TOKEN_RULES[type].lifetime);
    expect(claims.jti).not.toBe(
      verifyToken(keyrings[to], type, from, issue(type, from, to), clock.now()).jti,
    );
  });

  it('is a JWS that a public library verifies, with exactly alg, typ and kid', async () => {
    const { kid, key } = keyrings[from].pairwiseTo(to);
    const { protectedHeader } = await jwtVerify(jws, key, {
      algorithms: ['HS256'],
      currentDate: clock.now(),
    });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: type, kid });
  });

  it('is worth nothing to anybody else', () => {
    for (const other of ['gateway', 'control', 'vault', 'policy', 'audit', 'sandbox'] as const) {
      if (other !== to) expect(verify(type, from, other, jws)).toBe('UNAUTHENTICATED/unknown_key');
      if (other !== from) expect(verify(type, other, to, jws)).toBe('UNAUTHENTICATED/issuer');
    }
  });

  it('is no token of another type', () => {
    for (const [other] of ROUTES) {
      if (other !== type) expect(verify(other, from, to, jws)).toBe('UNAUTHENTICATED/type');
    }
  });

  it('is refused after any one character has changed', () => {
    for (let i = 0; i < jws.length; i += 1) {
      const broken = jws.slice(0, i) + (jws[i] === 'A' ? 'B' : 'A') + jws.slice(i + 1);
      expect(verify(type, from, to, broken)).toMatch(/^UNAUTHENTICATED\//);
    }
  });

  it('lives as long as its type, five seconds of skew on both sides', () => {
    const iat = Math.floor(clock.now().getTime() / 1000);
    const exp = iat + TOKEN_RULES[type].lifetime;
    const at = (time: number): string => verify(type, from, to, jws, new Date(time * 1000));
    expect(at(iat - 5)).toBe('nothing');
    expect(at(iat - 5.001)).toBe('UNAUTHENTICATED/not_yet_valid');
    expect(at(exp + 4.999)).toBe('nothing');
    expect(at(exp + 5)).toBe('UNAUTHENTICATED/expired');
  });

  it('has every claim and no other', () => {
    const claims = decode(jws.split('.')[1]);
    const { kid, key } = keyrings[from].pairwiseTo(to);
    for (const name of Object.keys(claims)) {
      const { [name]: _left, ...rest } = claims;
      expect(verify(type, from, to, sealJws(type, kid, key, encode(rest)))).toBe('UNAUTHENTICATED/claims');
    }
    expect(verify(type, from, to, crafted(type, { admin: true }, from, to))).toBe('UNAUTHENTICATED/claims');
  });
});

describe('a forged token', () => {
  const jws = issue('pc-grant+jwt', 'policy', 'vault');
  const [header, payload, tag] = jws.split('.') as [string, string, string];
  const grant = (forged: string): string => verify('pc-grant+jwt', 'policy', 'vault', forged);
  const withHeader = (change: object, key?: KeyObject): string => {
    const signed = sealJws('pc-grant+jwt', 'x', key ?? createSecretKey(Buffer.alloc(32)), payload).split('.');
    return [encode({ ...decode(header), ...change }), payload, signed[2]].join('.');
  };

  it.each<[string, string, string]>([
    ['alg none', [encode({ ...decode(header), alg: 'none' }), payload, ''].join('.'), 'algorithm'],
    ['another algorithm', withHeader({ alg: 'HS512' }), 'algorithm'],
    ['an asymmetric algorithm', withHeader({ alg: 'EdDSA' }), 'algorithm'],
    ['a header field more', withHeader({ crit: ['x'] }), 'header'],
    ['an embedded key', withHeader({ jwk: { kty: 'oct', k: 'AA' } }), 'header'],
    ['no kid', withHeader({ kid: undefined }), 'header'],
    [
      'a duplicate header field',
      [
        Buffer.from('{"alg":"none","alg":"HS256","typ":"pc-grant+jwt","kid":"x"}').toString('base64url'),
        payload,
        tag,
      ].join('.'),
      'malformed',
    ],
    ['an unknown key', withHeader({ kid: 'a.b' }), 'unknown_key'],
    ['a key of its own', withHeader({}), 'tag'],
    ['no tag', `${header}.${payload}.`, 'tag'],
    ['half a tag', `${header}.${payload}.${tag.slice(0, 20)}`, 'tag'],
    ['a tag spelled otherwise', `${header}.${payload}.${tag}=`, 'tag'],
    ['a payload spelled otherwise', `${header}.${payload}=.${tag}`, 'tag'],
    ['a fourth part', `${jws}.x`, 'malformed'],
    ['two parts', `${header}.${payload}`, 'malformed'],
    ['nothing', '', 'malformed'],
    ['a header that is no object', `${encode([1])}.${payload}.${tag}`, 'malformed'],
    ['a header that is no JSON', `AAAA.${payload}.${tag}`, 'malformed'],
    ['endless text', `${jws}${'A'.repeat(20_000)}`, 'malformed'],
  ])('with %s is refused', (_name, forged, reason) => {
    expect(grant(forged)).toBe(`UNAUTHENTICATED/${reason}`);
  });

  it('signed with a key pair, as if its public half were the secret, is refused', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const signature = sign(null, Buffer.from(`${header}.${payload}`), privateKey).toString('base64url');
    expect(grant(`${header}.${payload}.${signature}`)).toBe('UNAUTHENTICATED/tag');
  });

  it('made by the receiver for itself has no key to be made with', () => {
    expect(errorOf(() => vault.pairwiseTo('vault'))).toBe('INVALID_ARGUMENT');
    const { kid } = policy.pairwiseTo('vault');
    const own = sealJws('pc-grant+jwt', kid, vault.pairwiseTo('policy').key, payload);
    expect(grant(own)).toBe('UNAUTHENTICATED/tag');
  });
});

describe('claims', () => {
  it.each<[string, object, string]>([
    ['another issuer', { iss: 'control' }, 'issuer'],
    ['another audience', { aud: ['audit'] }, 'audience'],
    ['no audience', { aud: [] }, 'claims'],
    ['a life that is too long', { exp: Math.floor(clock.now().getTime() / 1000) + 31 }, 'lifetime'],
    ['an end before its beginning', { exp: 1 }, 'lifetime'],
    ['a beginning in the future', { iat: Math.floor(clock.now().getTime() / 1000) + 10 }, 'not_yet_valid'],
    ['a time as text', { iat: '1780315200' }, 'claims'],
    [
      'a time in milliseconds',
      { iat: clock.now().getTime(), exp: clock.now().getTime() + 1 },
      'not_yet_valid',
    ],
    ['an unknown operation', { op: 'tool.anything' }, 'claims'],
    ['a null organisation', { org: null }, 'claims'],
    ['an id in lower case', { org: CLAIMS['pc-grant+jwt'].org.toLowerCase() }, 'claims'],
  ])('with %s are refused', (_name, change, reason) => {
    const jws = crafted('pc-grant+jwt', { ...change });
    expect(verify('pc-grant+jwt', 'policy', 'vault', jws)).toBe(`UNAUTHENTICATED/${reason}`);
  });

  it('by somebody who may not make such a statement are neither issued nor believed', () => {
    expect(errorOf(() => issueToken(gateway, 'pc-grant+jwt', 'vault', CLAIMS['pc-grant+jwt']))).toBe(
      'INVALID_ARGUMENT',
    );
    expect(errorOf(() => issueToken(policy, 'pc-principal+jwt', 'vault', CLAIMS['pc-principal+jwt']))).toBe(
      'INVALID_ARGUMENT',
    );
    const { kid, key } = gateway.pairwiseTo('vault');
    const claims = { ...decode(issue('pc-grant+jwt', 'policy', 'vault').split('.')[1]), iss: 'gateway' };
    const forged = sealJws('pc-grant+jwt', kid, key, encode(claims));
    expect(verify('pc-grant+jwt', 'gateway', 'vault', forged)).toBe('UNAUTHENTICATED/issuer');
    expect(verify('pc-grant+jwt', 'policy', 'vault', forged)).toBe('UNAUTHENTICATED/issuer');
  });

  it('that break the schema are not issued', () => {
    const bad = { ...CLAIMS['pc-grant+jwt'], org: 'acme' };
    expect(errorOf(() => issueToken(policy, 'pc-grant+jwt', 'vault', bad))).toBe('INVALID_ARGUMENT');
    const long = { ...CLAIMS['pc-principal+jwt'], exp: Math.floor(clock.now().getTime() / 1000) + 60 };
    expect(errorOf(() => issueToken(control, 'pc-principal+jwt', 'policy', long))).toBe('nothing');
  });
});

describe('one grant for audit and vault', () => {
  verifies('B3');
  const grants = issueForAudiences(policy, 'pc-grant+jwt', ['audit', 'vault'], CLAIMS['pc-grant+jwt']);

  it('has the same payload, byte for byte, and so one hash', () => {
    expect(grants.audit.split('.')[1]).toBe(grants.vault.split('.')[1]);
    expect(payloadHash(grants.audit)).toEqual(payloadHash(grants.vault));
    expect(payloadHash(grants.audit)).toEqual(
      sha256(Buffer.from(grants.audit.split('.')[1] ?? '', 'base64url')),
    );
  });

  it('can be shown by each audience to itself only', () => {
    expect(verifyToken(audit, 'pc-grant+jwt', 'policy', grants.audit, clock.now()).aud).toEqual([
      'audit',
      'vault',
    ]);
    expect(verify('pc-grant+jwt', 'policy', 'vault', grants.vault)).toBe('nothing');
    expect(verify('pc-grant+jwt', 'policy', 'vault', grants.audit)).toBe('UNAUTHENTICATED/unknown_key');
    expect(verify('pc-grant+jwt', 'policy', 'audit', grants.vault)).toBe('UNAUTHENTICATED/unknown_key');
  });
});

describe('evidence after its time', () => {
  it('is read with everything checked but its end', () => {
    const jws = issue('pc-grant+jwt', 'policy', 'audit');
    const late = (forged: string): string =>
      errorOf(() => verifyTokenOfThePast(audit, 'pc-grant+jwt', 'policy', forged, seconds(3600)));
    expect(late(jws)).toBe('nothing');
    expect(late(`${jws.slice(0, -1)}${jws.endsWith('A') ? 'B' : 'A'}`)).toBe('UNAUTHENTICATED/tag');
    expect(errorOf(() => verifyTokenOfThePast(audit, 'pc-grant+jwt', 'control', jws, seconds(3600)))).toBe(
      'UNAUTHENTICATED/issuer',
    );
    expect(errorOf(() => verifyTokenOfThePast(audit, 'pc-grant+jwt', 'policy', jws, seconds(-3600)))).toBe(
      'UNAUTHENTICATED/not_yet_valid',
    );
  });
});
