import { AppError } from '@portcullis/contracts';
import type { Dispatcher, Pool } from 'undici';
import { ConnectionPools, type PoolOptions } from './connection-pools.js';
import { parseDestination, parseExemptions, type Exemptions } from './destination.js';
import { Exchange, type DialerResponse } from './exchange.js';
import { nextHop, type Hop, type RequestBody, type RequestHeaders } from './redirects.js';
import { resolveDestination, systemResolver } from './resolve-destination.js';

export interface DialerOptions extends PoolOptions {
  /**
   * Exactly the `host:port` pairs that may be dialled although they are private or plain http. A literal address exempts
   * itself; a name exempts itself whatever public or private address it has, but never link-local or metadata addresses.
   */
  allow?: readonly string[];
}

export interface DialerRequest {
  /** Default GET. */
  method?: string;
  /** `host` is refused: the URL says where a request goes. Hop-by-hop headers are the caller's to leave out. */
  headers?: RequestHeaders;
  body?: RequestBody;
  /** Aborting rejects with the signal's reason. Give each request its own. */
  signal?: AbortSignal;
  /** From the call to the last byte of the body. Default 30,000; `Infinity` for a stream that its reader ends. */
  deadlineMs?: number;
  /** Longest silence before headers and between chunks of the body. Default: none besides the deadline. */
  silenceMs?: number;
  /** Default 10 MiB, counted as received (no content coding is undone). */
  maxResponseBytes?: number;
  /** Requests with different partitions never share a connection. Use the principal when a credential goes along. */
  partition?: string;
  /** `manual` (default) returns a redirect as the answer; `follow` takes at most five, each checked as a whole. */
  redirect?: 'manual' | 'follow';
}

/**
 * The only way out for services that dial addresses somebody else chose. Every request's URL is checked, every new
 * connection resolves once, checks all addresses and dials what it checked.
 *
 * Errors (AppError): FORBIDDEN_DESTINATION, UPSTREAM_UNREACHABLE, DEADLINE_EXCEEDED, PAYLOAD_TOO_LARGE, INVALID_REQUEST.
 * `details.sent` says whether a byte of the request may have reached the upstream.
 */
export interface Dialer {
  request(url: string, request?: DialerRequest): Promise<DialerResponse>;
  /** Checks URL and current addresses without connecting: for forms. No promise about the next request. */
  check(url: string): Promise<void>;
  /** Breaks all connections; nothing may be requested afterwards. */
  close(): Promise<void>;
}

const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;
const MAX_REDIRECTS = 5;

export function createDialer(options: DialerOptions = {}): Dialer {
  return new PinnedDialer(options);
}

class PinnedDialer implements Dialer {
  readonly #options: DialerOptions;
  readonly #exemptions: Exemptions;
  readonly #pools: ConnectionPools;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#exemptions = parseExemptions(options.allow ?? []);
    this.#pools = new ConnectionPools(options);
  }

  async request(url: string, request: DialerRequest = {}): Promise<DialerResponse> {
    const hop: Hop = {
      to: parseDestination(url, this.#exemptions),
      method: request.method ?? 'GET',
      headers: request.headers ?? {},
      body: request.body,
    };
    if (request.redirect === 'follow') return this.#follow(hop, request);
    return this.#send(hop, request, request.deadlineMs ?? DEFAULT_DEADLINE_MS);
  }

  async check(url: string): Promise<void> {
    await resolveDestination(parseDestination(url, this.#exemptions), this.#options.lookup ?? systemResolver);
  }

  close(): Promise<void> {
    return this.#pools.close();
  }

  async #follow(first: Hop, request: DialerRequest): Promise<DialerResponse> {
    const end = performance.now() + (request.deadlineMs ?? DEFAULT_DEADLINE_MS);
    let hop = first;
    for (let followed = 0; followed <= MAX_REDIRECTS; followed += 1) {
      const response = await this.#send(hop, request, end - performance.now());
      const next = this.#next(hop, response);
      if (next === undefined) return response;
      response.body.destroy();
      hop = next;
    }
    throw new AppError('UPSTREAM_ERROR', `${first.to.origin} redirects more than ${MAX_REDIRECTS} times`);
  }

  #next(hop: Hop, { status, headers, body }: DialerResponse): Hop | undefined {
    try {
      return nextHop(hop, { status, location: headers.location }, this.#exemptions);
    } catch (error) {
      body.destroy();
      throw error;
    }
  }

  #send(hop: Hop, request: DialerRequest, deadlineMs: number): Promise<DialerResponse> {
    request.signal?.throwIfAborted();
    refuseHostHeader(hop.headers);
    const exchange = new Exchange(hop.to.origin, {
      deadlineMs,
      maxResponseBytes: request.maxResponseBytes ?? DEFAULT_MAX_BYTES,
      signal: request.signal,
    });
    const pool = this.#pools.poolFor(hop.to, request.partition ?? '');
    dispatch(pool, hop, { exchange, silenceMs: request.silenceMs ?? 0 });
    return exchange.response;
  }
}

function dispatch(
  pool: Pool,
  hop: Hop,
  { exchange, silenceMs }: { exchange: Exchange; silenceMs: number },
): void {
  const options = {
    path: hop.to.path,
    method: hop.method as Dispatcher.HttpMethod,
    headers: hop.headers,
    // undici's type knows streams and buffers; it takes any async iterable of bytes.
    body: (hop.body ?? null) as Dispatcher.DispatchOptions['body'],
    // Zero switches undici's own timers off; the deadline of the exchange is always on.
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  };
  try {
    pool.dispatch(options, exchange);
  } catch (error) {
    exchange.onResponseError(undefined as never, error as Error);
  }
}

/** It would choose the virtual host and the TLS server name independently of the destination that was checked. */
function refuseHostHeader(headers: RequestHeaders): void {
  for (const name in headers) {
    if (name.length === 4 && name.toLowerCase() === 'host') {
      throw new AppError('FORBIDDEN_DESTINATION', 'A host header can not override the destination');
    }
  }
}
