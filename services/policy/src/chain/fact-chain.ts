import { AppError, b64u, canonicalBytes, sha256 } from '@portcullis/contracts';
import type { ChainedEvent, JsonValue, SealEvent, VerifyHead, VerifyLink } from '@portcullis/eventing';
import { z } from 'zod';

/** Signs and checks facts with the Ed25519 keys of policy (use `sign` of the trust bundle). */
export interface FactKeys {
  /** The signature (64 bytes) of this installation's current key, and the id of that key. */
  sign(bytes: Uint8Array): { kid: string; signature: Uint8Array };
  /** Whether the key was policy's at that time and made the signature; false for an unknown key too. */
  verify(kid: string, bytes: Uint8Array, signature: Uint8Array, at: Date): boolean;
}

const hash = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const sealedMetadata = z.looseObject({
  chain: z.strictObject({
    prev: hash.nullable(),
    kid: z.string().max(128),
    sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
  }),
});

const DOMAIN = 'portcullis/v1/fact\0';

/**
 * What is signed: every byte of the event, its place, and the hash of the event before it (null for the first). So a
 * fact can't be altered, moved to another place or stream, or come after anything but what it was decided on.
 */
function linkHash(event: ChainedEvent, prev: string | null, metadata: JsonValue): Buffer {
  const { id, stream, revision, type, data } = event;
  return sha256(
    DOMAIN,
    canonicalBytes({ id, stream, revision: Number(revision), type, data, metadata, prev }),
  );
}

/** Stored events never change, so a fold computes each hash once although two links need it. */
const HASHES = new WeakMap<ChainedEvent, Buffer>();

/** The hash by which the next fact of the stream names this one, and which its signature covers. */
function hashOf(event: ChainedEvent): Buffer {
  const known = HASHES.get(event);
  if (known !== undefined) return known;
  const { chain, rest } = open(event);
  const computed = linkHash(event, chain.prev, rest);
  HASHES.set(event, computed);
  return computed;
}

/**
 * The hash of a fact's link, base64url: it covers the fact, its place and, through the hash before it, every fact before.
 * @throws AppError FAILED_PRECONDITION when the event carries no link
 */
export const headOf = (event: ChainedEvent): string => b64u(hashOf(event));

function open(event: ChainedEvent) {
  const parsed = sealedMetadata.safeParse(event.metadata);
  if (!parsed.success) throw broken(event, 'it carries no signature');
  const { chain, ...rest } = parsed.data;
  return { chain, rest: rest as JsonValue };
}

function broken(event: ChainedEvent, problem: string): AppError {
  return new AppError(
    'FAILED_PRECONDITION',
    `Fact ${event.revision} of ${event.stream} can not be trusted: ${problem}.`,
    {
      details: { stream: event.stream, revision: Number(event.revision), reason: 'chain_broken' },
    },
  );
}

const timed = z.looseObject({ time: z.iso.datetime({ precision: 3 }) });

/** The decision's time. Signed, and never before the fact before it: an expired key can only continue an old chain. */
function timeOf(event: ChainedEvent): Date {
  const parsed = timed.safeParse(event.data);
  if (!parsed.success) throw broken(event, 'it has no time');
  return new Date(parsed.data.time);
}

export function sealFact(keys: FactKeys): SealEvent {
  return (event, { stream, revision, previous }) => {
    const prev = previous === undefined ? null : b64u(hashOf(previous));
    const metadata = event.metadata ?? {};
    const { kid, signature } = keys.sign(linkHash({ ...event, stream, revision, metadata }, prev, metadata));
    return { ...event, metadata: { ...(metadata as object), chain: { prev, kid, sig: b64u(signature) } } };
  };
}

/**
 * Checks that a fact is in its place and follows the fact before it. By itself that proves no origin: see
 * {@link verifyFactHead}.
 * @throws AppError FAILED_PRECONDITION
 */
export const verifyFactLink: VerifyLink = (event, previous) => {
  const { chain } = open(event);
  const follows = previous === undefined ? 0n : previous.revision + 1n;
  if (event.revision !== follows) throw broken(event, `fact ${follows} should be here`);
  if (chain.prev !== (previous === undefined ? null : headOf(previous))) {
    throw broken(event, 'it does not follow the fact before it');
  }
  const time = timeOf(event);
  if (previous !== undefined && time < timeOf(previous))
    throw broken(event, 'it is older than the fact before it');
};

/**
 * Checks the signature of a fact. It covers, by the hash before it, every fact that is linked to this one: policy signs
 * nothing before it has verified what it signs on. So a reading whose links hold is as good as its last signature.
 * @throws AppError FAILED_PRECONDITION when policy did not make it
 */
export function verifyFactHead(keys: FactKeys): VerifyHead {
  return (event) => {
    const { chain } = open(event);
    const signature = Buffer.from(chain.sig, 'base64url');
    if (!keys.verify(chain.kid, hashOf(event), signature, timeOf(event))) {
      throw broken(event, 'its signature does not hold');
    }
  };
}

/** Link and signature of each fact. @throws AppError FAILED_PRECONDITION at the first that policy did not sign in this place */
export function verifyFact(keys: FactKeys): VerifyLink {
  const verifyHead = verifyFactHead(keys);
  return async (event, previous) => {
    await verifyFactLink(event, previous);
    await verifyHead(event);
  };
}
