import { YEAR } from '../../test/keyrings.js';
import { hex, vectors } from '../../test/vectors.js';
import { b64u } from '../encoding/base64url.js';
import { Secret } from '../sensitive/secret.js';
import { generateIdentity, type ServiceIdentity, type ServiceName } from '../trust/identity.js';
import { Keyring } from '../trust/keyring.js';
import { generateInstallationRoot, openTrustBundle, signTrustBundle } from '../trust/trust-bundle.js';
import { deriveClientKeys } from './client-keys.js';
import { verifyClientReply, verifyClientRequest } from './client-request.js';
import { clientReplyKey, clientRequestKey, issueClientToken } from './client-token.js';
import { payloadHash } from './compact-jws.js';
import type { GrantClaims } from './grant-token.js';
import { issueForAudiences, issueToken } from './issue-token.js';
import { requestHash, verifyReply, verifyRequest } from './request.js';
import { verifyToken } from './verify-token.js';

interface TokenVectors {
  now: string;
  keys: { service: ServiceName; privateKeyHex: string; publicKeyHex: string; kid: string }[];
  pairwise: { from: ServiceName; to: ServiceName; kid: string; keyHex: string }[];
  request: { subject: string; body: string; reqhHex: string; jws: string };
  reply: { body: string; reqhHex: string; jws: string };
  grant: { claims: GrantClaims; payloadHashHex: string; jws: string };
}
interface ClientVectors {
  now: string;
  rootKeyHex: string;
  clientId: string;
  generation: number;
  token: string;
  requestKeyHex: string;
  replyKeyHex: string;
  request: { subject: string; body: string; jws: string };
  reply: { body: string; jws: string };
}

const given = vectors<TokenVectors>('tokens');
const now = new Date(given.now);
const audit = generateIdentity('audit', YEAR);
const rings = keyrings();

/** The vectors' mac keys; keys for other uses are not part of them. */
function keyrings(): Map<ServiceName, Keyring> {
  const identities = given.keys.map((vector): ServiceIdentity => {
    const { identity } = generateIdentity(vector.service, YEAR);
    const mac = {
      kid: vector.kid,
      privateKey: b64u(hex(vector.privateKeyHex)),
      publicKey: b64u(hex(vector.publicKeyHex)),
    };
    return { ...identity, keys: identity.keys.map((key) => (key.use === 'mac' ? { ...key, ...mac } : key)) };
  });
  const root = generateInstallationRoot();
  const keys = identities.flatMap(({ service, keys: own }) =>
    own.map(({ privateKey: _, ...key }) => ({ ...key, service })),
  );
  const bundle = openTrustBundle(
    signTrustBundle([...keys, ...audit.publicKeys], 'x', root.privateKey),
    [root.publicKey],
    now,
  );
  return new Map(identities.map((identity) => [identity.service, new Keyring(identity, bundle, () => now)]));
}

function ring(service: ServiceName): Keyring {
  const keyring = rings.get(service);
  if (keyring === undefined) throw new Error(`no vector for ${service}`);
  return keyring;
}

describe('tokens are as published', () => {
  it('pairwise keys', () => {
    for (const { from, to, kid, keyHex } of given.pairwise) {
      const pair = ring(from).pairwiseTo(to);
      expect(pair.kid).toBe(kid);
      expect(pair.key.export().toString('hex')).toBe(keyHex);
    }
  });

  it('request and reply', () => {
    const { subject, jws } = given.request;
    const body = Buffer.from(given.request.body);
    expect(requestHash(subject, body).toString('hex')).toBe(given.request.reqhHex);
    const request = verifyRequest(ring('policy'), ['gateway'], subject, body, jws, now);
    expect(request.reqh.toString('hex')).toBe(given.reply.reqhHex);
    verifyReply(ring('gateway'), 'policy', jws, Buffer.from(given.reply.body), given.reply.jws, now);
  });

  it('grant: read, and written byte for byte', () => {
    const { claims, jws, payloadHashHex } = given.grant;
    expect(verifyToken(ring('vault'), 'pc-grant+jwt', 'policy', jws, now)).toEqual(claims);
    expect(payloadHash(jws).toString('hex')).toBe(payloadHashHex);
    expect(issueForAudiences(ring('policy'), 'pc-grant+jwt', ['audit', 'vault'], claims).vault).toBe(jws);
    const { jti, reqh } = JSON.parse(
      Buffer.from(given.request.jws.split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<'jti' | 'reqh', string>;
    expect(issueToken(ring('gateway'), 'pc-request+jwt', 'policy', { jti, reqh })).toBe(given.request.jws);
  });

  it('the token of a policy client, its keys, request and reply', () => {
    const client = vectors<ClientVectors>('client-token');
    const root = Secret.of(hex(client.rootKeyHex));
    const token = issueClientToken(root, client.clientId, client.generation);
    expect(token.revealText()).toBe(client.token);
    expect(clientRequestKey(token).toString('hex')).toBe(client.requestKeyHex);
    expect(clientReplyKey(token).toString('hex')).toBe(client.replyKeyHex);
    const { subject, jws } = client.request;
    const message = { subject, jws, body: Buffer.from(client.request.body) };
    expect(
      verifyClientRequest((id) => deriveClientKeys(root, id, client.generation), message, now).clientId,
    ).toBe(client.clientId);
    const body = Buffer.from(client.reply.body);
    verifyClientReply(token, { request: jws, body, jws: client.reply.jws }, now);
  });
});
