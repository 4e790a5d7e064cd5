import type { DialerResponse } from './exchange.js';

/** The whole body, within the limit and deadline the request was made with. Rejects as the body's stream does. */
export async function readBody({ body }: Pick<DialerResponse, 'body'>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
