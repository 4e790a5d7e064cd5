import type { IncomingMessage } from 'node:http';
import { AppError } from '@portcullis/contracts';

/** Header for the lowest revision that an answer may be based on, since AuthZEN has no field for it. */
export const AT_LEAST_REVISION_HEADER = 'portcullis-at-least-revision';

/** @throws AppError UNAUTHENTICATED */
export function bearerToken({ headersDistinct }: IncomingMessage): string {
  const values = headersDistinct['authorization'] ?? [];
  const [, token] = /^Bearer (\w+)$/i.exec(values[0] ?? '') ?? [];
  if (token === undefined || values.length > 1) {
    throw new AppError('UNAUTHENTICATED', 'A policy client token is required: Authorization: Bearer pcc_…');
  }
  return token;
}

/** @throws AppError UNSUPPORTED_MEDIA_TYPE */
export function requireJson({ headers }: IncomingMessage): void {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The content type must be application/json.');
  }
}

/** @throws AppError INVALID_ARGUMENT for what is no revision */
export function atLeastRevision({ headers }: IncomingMessage): number | undefined {
  const text = headers[AT_LEAST_REVISION_HEADER];
  if (text === undefined) return undefined;
  const revision = /^\d{1,16}$/.test(String(text)) ? Number(text) : NaN;
  if (Number.isSafeInteger(revision)) return revision;
  throw new AppError('INVALID_ARGUMENT', `${AT_LEAST_REVISION_HEADER} must be a revision.`);
}

/**
 * The whole body. @throws AppError PAYLOAD_TOO_LARGE before more than `limit` bytes are kept, INVALID_REQUEST when it ends
 * early
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Destroying the request would take away the connection that the refusal has to go out on.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > limit)
        throw new AppError('PAYLOAD_TOO_LARGE', `A request may have ${limit} bytes at most.`);
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
