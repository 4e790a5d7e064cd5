import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  AppError,
  canonicalBytes,
  hash32Schema,
  type ListAllowedRequest,
  type Secret,
  sha256,
  timeSchema,
} from '@portcullis/contracts';
import { z } from 'zod';
import { organisationKey } from '../keys/organisation-key.js';

/** Where a listing goes on. */
export interface ListPosition {
  /** Of the policy that the pages before were made of. */
  revision: number;
  /** When the first page was made: conditions on time say the same on every page. */
  time: string;
  after: { server: string; tool: string };
}

const payloadSchema = z.strictObject({
  v: z.literal(1),
  revision: z.int().min(0),
  time: timeSchema,
  /** SHA-256 of what is listed, so that nobody goes on with another question. */
  asked: hash32Schema,
  after: z.strictObject({ server: z.string(), tool: z.string() }),
});

const TAG_BYTES = 32;

/**
 * Continuations of listings: opaque, bound to organisation, question and revision, and authenticated, so that none can be
 * made or changed outside. Any replica reads those of any other: the key is derived from that of the client tokens.
 */
export class ListContinuations {
  constructor(private readonly root: Secret) {}

  issue(org: string, request: ListAllowedRequest, { revision, time, after }: ListPosition): string {
    const payload = Buffer.from(
      JSON.stringify({ v: 1, revision, time, asked: digestOf(request), after } satisfies z.infer<
        typeof payloadSchema
      >),
    );
    return Buffer.concat([this.#tag(org, payload), payload]).toString('base64url');
  }

  /** @throws AppError INVALID_ARGUMENT for one that is not ours or of another question */
  read(org: string, request: ListAllowedRequest, continuation: string): ListPosition {
    const bytes = Buffer.from(continuation, 'base64url');
    const payload = bytes.subarray(TAG_BYTES);
    const tag = bytes.subarray(0, TAG_BYTES);
    if (tag.length !== TAG_BYTES || !timingSafeEqual(tag, this.#tag(org, payload))) throw refused();
    const parsed = payloadSchema.safeParse(JSON.parse(payload.toString('utf8')));
    if (!parsed.success || parsed.data.asked !== digestOf(request)) throw refused();
    const { revision, time, after } = parsed.data;
    return { revision, time, after };
  }

  #tag(org: string, payload: Uint8Array): Buffer {
    const key = organisationKey(this.root, 'list-continuation', org);
    try {
      return createHmac('sha256', key.reveal()).update(payload).digest();
    } finally {
      key.wipe();
    }
  }
}

/** What decides which tools are listed, and in what order. */
const digestOf = ({ principal, server, context }: ListAllowedRequest): string =>
  sha256(canonicalBytes({ principal, server, context })).toString('base64url');

const refused = (): AppError =>
  new AppError('INVALID_ARGUMENT', 'The continuation is not one of this listing.', {
    details: { reason: 'continuation' },
  });
