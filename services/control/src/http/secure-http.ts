import { parseIJson } from '@portcullis/contracts';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { refuseForeignBrowser } from './browser-defence.js';

/** A policy document of thousands of rules fits, and with it what goes to policy about it: a message is 1 MiB at most. */
export const MAX_BODY_BYTES = 640 * 1024;

/** Every answer is data for one client: nothing to cache, frame, sniff, run or refer to. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Liveness and readiness are asked by address, by machines without a name for us, and tell nothing worth a defence. */
const isHealth = (url: string): boolean => url.startsWith('/health/');

export interface ServedRoute {
  readonly method: string;
  readonly path: string;
}

/**
 * What holds for every request, also to unknown routes: headers, and the defence against foreign pages.
 * Gives the list that routes appear on when the server is given them.
 */
export function secureHttp(app: NestFastifyApplication, allowedHosts: readonly string[]): ServedRoute[] {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const routes: ServedRoute[] = [];
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url });
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    const { headers, url } = request;
    const refusal = refuseForeignBrowser(
      {
        host: headers.host,
        origin: headers.origin,
        fetchSite: one(headers['sec-fetch-site']),
        contentType: headers['content-type'],
        hasBody: headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0,
      },
      allowedHosts,
    );
    const error = refusal === null || isHealth(url) ? undefined : refusal;
    done(error);
  });
  // I-JSON: no duplicate keys, no lone surrogates, no numbers that don't round-trip. No other type is parsed at all.
  app.useBodyParser('application/json', { bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => {
    try {
      const bytes = body as Buffer;
      done(null, bytes.byteLength === 0 ? undefined : parseIJson(bytes, { maxBytes: MAX_BODY_BYTES }));
    } catch (thrown) {
      done(thrown as Error);
    }
  });
  return routes;
}

const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;
