import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  generateIdentity,
  generateInstallationRoot,
  hpkeOpen,
  Keyring,
  openTrustBundle,
  signTrustBundle,
  type SealedPut,
} from '@portcullis/contracts';
import { AdminApi } from '../admin-api/admin-api.js';
import { putSecret } from './put-secret.js';

const YEAR_MS = 31_536_000_000;
const validity = { notBefore: new Date(Date.now() - 1_000), notAfter: new Date(Date.now() + YEAR_MS) };
const root = generateInstallationRoot();
const vault = generateIdentity('vault', validity);
const control = generateIdentity('control', validity);
const bundle = signTrustBundle([...vault.publicKeys, ...control.publicKeys], 'test', root.privateKey);
const sealKey = vault.publicKeys.find(({ use }) => use === 'seal')!;
const aad = Buffer.from('{"org":"O"}');
const honest = {
  kid: sealKey.kid,
  publicKey: sealKey.publicKey,
  info: 'portcullis/v1/put',
  aadBase64url: aad.toString('base64url'),
  target: { dst: 'https://notes.example' },
  bundle,
};

let server: Server;
let base: string;
let sealingKey: unknown;
let received: { url: string; authorization: string | undefined; body: string }[];

beforeEach(async () => {
  received = [];
  sealingKey = honest;
  server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      const { url, headers } = request;
      received.push({
        url: url!,
        authorization: headers.authorization,
        body: Buffer.concat(chunks).toString(),
      });
      const stored = { last4: null, version: 1, dst: 'https://notes.example' };
      response.end(JSON.stringify(request.method === 'GET' ? sealingKey : stored));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => server.closeAllConnections());
afterEach(() => new Promise((resolve) => server.close(resolve)));

const put = (pinnedRoots: string[] | null): Promise<unknown> =>
  putSecret(new AdminApi(base, 'pcl_key'), {
    server: 'notes',
    slot: 'token',
    owner: 'organisation',
    credential: 'the credential',
    pinnedRoots,
  });

it('sends what only the vault can open', async () => {
  await put([root.publicKey]);
  expect(received.map(({ url }) => url)).toEqual([
    '/api/vault/key?server=notes&slot=token&owner=organisation',
    '/api/servers/notes/secrets/token',
  ]);
  const { owner, sealed } = JSON.parse(received[1]!.body) as { owner: string; sealed: SealedPut };
  expect(owner).toBe('organisation');
  const keyring = new Keyring(
    vault.identity,
    openTrustBundle(bundle, [root.publicKey], new Date()),
    () => new Date(),
  );
  const opened = hpkeOpen({
    recipientPrivateKey: keyring.sealKey(sealed.kid).privateKey,
    enc: Buffer.from(sealed.enc, 'base64url'),
    info: 'portcullis/v1/put',
    aad,
    ciphertext: Buffer.from(sealed.ciphertext, 'base64url'),
  });
  expect(opened.revealText()).toBe('the credential');
});

it.each([
  [
    'a key that is not in the bundle',
    () => ({ ...honest, publicKey: generateIdentity('vault', validity).publicKeys[1]!.publicKey }),
  ],
  ['a key of another service', () => keyOf(control.publicKeys.find(({ use }) => use === 'seal')!)],
  ['a key for another use', () => keyOf(vault.publicKeys.find(({ use }) => use === 'mac')!)],
  ['a bundle that another root has signed', () => ({ ...honest, bundle: foreign() })],
])('sends nothing when the admin API names %s', async (_what, answer) => {
  sealingKey = answer();
  await expect(put([root.publicKey])).rejects.toThrow();
  expect(received).toHaveLength(1);
});

const keyOf = ({ kid, publicKey }: { kid: string; publicKey: string }) => ({ ...honest, kid, publicKey });
const foreign = () => signTrustBundle(vault.publicKeys, 'test', generateInstallationRoot().privateKey);

it('believes the admin API where no root is pinned', async () => {
  await put(null);
  expect(received).toHaveLength(2);
});
