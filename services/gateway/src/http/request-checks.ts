import type { IncomingMessage } from 'node:http';
import { AppError } from '@portcullis/contracts';

export interface AllowedSources {
  /** `host[:port]` values of the Host header that are served, beside the loopback names of a loopback connection. */
  hosts: readonly string[];
  /** Origins of browsers that are served; anything without an Origin header is no browser. */
  origins: readonly string[];
}

/**
 * A page that a browser shows must not reach a gateway on loopback by DNS rebinding or cross-origin requests: MCP
 * requires the Origin check, and the Host check holds where no Origin is sent.
 *
 * @throws AppError `FORBIDDEN`
 */
export function checkSource(request: IncomingMessage, allowed: AllowedSources): void {
  const { host, origin } = request.headers;
  if (host === undefined || ![...allowed.hosts, ...loopbackNames(request)].includes(host.toLowerCase())) {
    throw new AppError('FORBIDDEN', 'This host name is not served. Add it to ALLOWED_HOSTS if it should be.');
  }
  if (origin !== undefined && !allowed.origins.includes(origin.toLowerCase())) {
    throw new AppError(
      'FORBIDDEN',
      'Requests from pages of this origin are not served. Add it to ALLOWED_ORIGINS if they should be.',
    );
  }
}

/** Who connects over loopback may call us by its names; a name that a page has rebound to loopback is none of them. */
function loopbackNames({ socket }: IncomingMessage): string[] {
  const { localAddress, localPort } = socket;
  if (localAddress === '::1') return [`[::1]:${localPort}`, `localhost:${localPort}`];
  return localAddress?.startsWith('127.') ? [`${localAddress}:${localPort}`, `localhost:${localPort}`] : [];
}

/** @throws AppError `UNSUPPORTED_MEDIA_TYPE` */
export function checkContentType(request: IncomingMessage): void {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return;
  throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The content type has to be application/json.');
}

/**
 * The whole body, at most `limit` bytes.
 *
 * @throws AppError `PAYLOAD_TOO_LARGE` before more than that is kept, `INVALID_REQUEST` when it ends early
 */
export async function readBounded(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Destroying the request would take away the connection that the refusal has to go out on.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (error) {
    // Node discards the rest of a body only when nobody has begun to read it; without that no answer would arrive.
    request.resume();
    if (error instanceof AppError) throw error;
    throw new AppError('INVALID_REQUEST', 'The body of the request ended early.', { cause: error });
  }
  return Buffer.concat(chunks, bytes);
}

const tooLarge = (limit: number): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', `A message may have ${limit} bytes at most.`, { details: { limit } });

/** `/mcp` → null, `/mcp/<slug>` → slug. @throws AppError `NOT_FOUND` */
export function slugOfPath(url: string): string | null {
  const path = url.split('?', 1)[0] ?? '';
  if (path === '/mcp') return null;
  const slug = /^\/mcp\/([a-z0-9][a-z0-9-]{0,23})$/.exec(path)?.[1];
  if (slug === undefined)
    throw new AppError('NOT_FOUND', 'There is nothing here. MCP endpoints are /mcp and /mcp/<server>.');
  return slug;
}
