import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:tls';
import { createAuthority } from './authority.js';

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
const authority = createAuthority('Test', validity);
const issued = authority.issue('kurrentdb-node', ['kurrentdb', 'localhost']);

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer({ key: issued.key, cert: issued.certificate, minVersion: 'TLSv1.2' }, (socket) =>
    socket.end(),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterAll(() => void server.close());

/** 'trusted', or why a client that pins this authority does not talk to the server under this name. */
function greet(ca: string, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', ca, servername });
    socket.once('secureConnect', () => {
      socket.destroy();
      resolve('trusted');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

it('issues what a client that pins the authority trusts, under each of its names and no other', async () => {
  expect(await greet(authority.certificate, 'kurrentdb')).toBe('trusted');
  expect(await greet(authority.certificate, 'localhost')).toBe('trusted');
  expect(await greet(authority.certificate, 'postgres')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
});

it('is no authority for what another one of the same name has issued', async () => {
  const other = createAuthority('Test', validity);
  expect(await greet(other.certificate, 'kurrentdb')).not.toBe('trusted');
});

it('says in the certificates who is an authority, for what the keys are and until when', () => {
  const [own, server] = [authority.certificate, issued.certificate].map((pem) => new X509Certificate(pem));
  expect([own!.ca, server!.ca]).toEqual([true, false]);
  expect(server!.checkIssued(own!)).toBe(true);
  expect(server!.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  expect(server!.subject).toBe('CN=kurrentdb-node');
  expect(new Date(server!.validTo).getTime()).toBe(Math.trunc(validity.notAfter.getTime() / 1000) * 1000);
});

it('writes years from 2050 on in the longer form', () => {
  const notAfter = new Date('2051-02-03T04:05:06.000Z');
  const late = createAuthority('Test', { ...validity, notAfter });
  expect(new Date(new X509Certificate(late.certificate).validTo)).toEqual(notAfter);
});
