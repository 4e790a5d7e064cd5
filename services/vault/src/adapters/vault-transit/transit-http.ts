import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { KeyFault } from '../../remote-calls/key-fault.js';

/** What node-vault hands over, as far as it is used. */
export interface VaultRequest {
  readonly uri: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: object | true;
  readonly signal: AbortSignal;
}

/** What node-vault wants back. */
export interface VaultAnswer {
  readonly statusCode: number;
  /** Undefined unless it is JSON. */
  readonly body: unknown;
  readonly request: { readonly path: string };
}

const MOST_BYTES = 65_536;

/**
 * The way of node-vault's requests to the server, instead of its own: this one goes to the configured address and nowhere else
 * (no redirect is followed, which would carry the token along; no proxy is taken from the environment), ends with its
 * signal, reads a bounded answer, and its errors hold neither the request nor its headers.
 *
 * @throws KeyFault `unreachable`, `garbled`
 */
export const vaultTransport =
  (agent: Agent) =>
  (request: VaultRequest): Promise<VaultAnswer> =>
    new Promise((resolve, reject) => {
      const target = new URL(request.uri);
      const body = typeof request.json === 'object' ? Buffer.from(JSON.stringify(request.json)) : undefined;
      const headers = { ...request.headers, ...(body && { 'Content-Type': 'application/json' }) };
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const outgoing = send(target, { agent, method: request.method, headers, signal: request.signal });
      outgoing.once('close', () => body?.fill(0));
      outgoing.once('error', (error) => reject(unreachable(error)));
      outgoing.once('response', (response) => {
        const path = target.pathname;
        read(response).then(
          (json) => resolve({ statusCode: response.statusCode ?? 0, body: json, request: { path } }),
          (error: Error) => reject(error instanceof KeyFault ? error : unreachable(error)),
        );
      });
      outgoing.end(body);
    });

async function read(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new KeyFault('garbled', `over ${MOST_BYTES} bytes`);
  }
  const whole = Buffer.concat(chunks);
  try {
    return JSON.parse(whole.toString('utf8')) as unknown;
  } catch {
    return undefined;
  } finally {
    for (const part of [whole, ...chunks]) part.fill(0);
  }
}

function unreachable(error: Error): KeyFault {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return new KeyFault('unreachable', /^[A-Z0-9_]{1,60}$/.test(code) ? code : '');
}
