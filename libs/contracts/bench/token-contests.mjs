import {
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import {
  generateIdentity,
  generateInstallationRoot,
  issueToken,
  Keyring,
  newId,
  openTrustBundle,
  signRequest,
  signTrustBundle,
  verifyRequest,
  verifyToken,
} from '@portcullis/contracts';
import { message, SMALL } from './sample-message.mjs';

const ids = Object.fromEntries(['org', 'sub', 'srv', 'call', 'decision'].map((name) => [name, newId()]));
const hash = () => randomBytes(32).toString('base64url');

/** Keyrings of two services through a signed and opened trust bundle, as a service starts with. */
function keyringsOf(...services) {
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const root = generateInstallationRoot();
  const generated = services.map((service) => generateIdentity(service, validity));
  const keys = generated.flatMap(({ publicKeys }) => publicKeys);
  const bundle = openTrustBundle(
    signTrustBundle(keys, 'bench', root.privateKey),
    [root.publicKey],
    new Date(),
  );
  return generated.map(({ identity }) => new Keyring(identity, bundle, () => new Date()));
}

const grantClaims = () => ({
  ...{ org: ids.org, sub: ids.sub, act: { client: 'client-1', agent: null }, kind: 'user', sid: 'session-1' },
  ...{ pah: hash(), call: ids.call, attempt: 1, did: ids.decision, rev: 7, pdg: hash(), op: 'tool.call' },
  ...{ srv: ids.srv, slug: 'slack', dst: 'https://mcp.slack.example', apr: null, rkh: hash() },
  ...{ tool: 'send_message', tdg: hash(), label: 'write', ad: hash(), rule: 'team-writes' },
  slots: [{ slot: 'token', owner: 'user' }],
});

/** A grant: the largest token of a call. Bare means: nothing but the primitive, over bytes that are there already. */
export function tokens() {
  const [policy, vault] = keyringsOf('policy', 'vault');
  const claims = grantClaims();
  const jws = issueToken(policy, 'pc-grant+jwt', 'vault', claims);
  const input = Buffer.from(jws.slice(0, jws.lastIndexOf('.')));
  const { key } = policy.pairwiseTo('vault');
  const mac = () => createHmac('sha256', key).update(input).digest();
  const expected = mac();
  const ed25519 = generateKeyPairSync('ed25519');
  const signature = sign(null, input, ed25519.privateKey);
  const issue = () => issueToken(policy, 'pc-grant+jwt', 'vault', claims);
  const check = () => verifyToken(vault, 'pc-grant+jwt', 'policy', jws, new Date());
  const bytes = `${input.byteLength} B`;
  return [
    { metric: `grant: issue / bare HMAC-SHA-256 of ${bytes}`, subject: issue, baseline: mac },
    {
      metric: 'grant: verify / bare HMAC and compare',
      subject: check,
      baseline: () => timingSafeEqual(mac(), expected),
    },
    {
      metric: 'grant: issue / bare Ed25519 sign',
      goal: '< 1 ×',
      subject: issue,
      baseline: () => sign(null, input, ed25519.privateKey),
    },
    {
      metric: 'grant: verify / bare Ed25519 verify',
      goal: '< 1 ×',
      subject: check,
      baseline: () => verify(null, input, ed25519.publicKey, signature),
    },
  ];
}

/** What a message between two services carries besides its body. */
export function requests() {
  const [gateway, vault] = keyringsOf('gateway', 'vault');
  const { key } = gateway.pairwiseTo('vault');
  const body = Buffer.from(JSON.stringify(message(SMALL)));
  const subject = 'vault.v1.open';
  const request = signRequest(gateway, 'vault', subject, body);
  const bare = () => createHmac('sha256', key).update(createHash('sha256').update(body).digest()).digest();
  const what = `request of ${body.byteLength} B`;
  return [
    {
      metric: `${what}: sign / bare SHA-256 and HMAC`,
      subject: () => signRequest(gateway, 'vault', subject, body),
      baseline: bare,
    },
    {
      metric: `${what}: verify / bare SHA-256 and HMAC`,
      subject: () => verifyRequest(vault, ['gateway'], subject, body, request, new Date()),
      baseline: bare,
    },
  ];
}
