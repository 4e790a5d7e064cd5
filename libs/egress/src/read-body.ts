import { finished } from 'node:stream';
import type { DialerResponse } from './exchange.js';

/**
 * The whole body, within the limit and deadline the request was made with. Rejects as the body's stream does.
 * By events, because iterating a stream costs a third of a whole small request.
 */
export function readBody({ body }: Pick<DialerResponse, 'body'>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    finished(body, { writable: false }, (error) => {
      if (error) reject(error);
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
  });
}
