import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';
import { AppError, b64u, canonicalBytes, canonicalJson, fromB64u, sha256 } from '@portcullis/contracts';
import { defineEvent, eventCodec } from '@portcullis/eventing';
import { readState, STATE_VERSION, storedId, storeState, type PolicyState } from '@portcullis/policy-engine';
import { z } from 'zod';
import type { FactKeys } from '../chain/fact-chain.js';

const hash = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const content = {
  org: storedId,
  /** Of the last fact that the state holds, and the hash of its link. */
  revision: z.int().min(0),
  head: hash,
  /** `STATE_VERSION` of the policy engine that made it. */
  stateVersion: z.int().min(1),
  /** Raw deflate of the state's RFC 8785 text, base64url. */
  state: z.string(),
};

const takenSchema = z.strictObject({
  ...content,
  kid: z.string().max(128),
  sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});

/** What stands in a stream `policysnapshot-<org>`. */
export const snapshotCodec = eventCodec(defineEvent('policysnapshot.Taken', takenSchema));

export type TakenSnapshot = z.infer<typeof takenSchema>;

/** Not beginning with `policy-`: whatever follows facts does not see it. */
export const snapshotStream = (org: string): string => `policysnapshot-${org}`;

export interface SnapshotContent {
  org: string;
  revision: number;
  head: string;
  state: PolicyState;
}

const DOMAIN = 'portcullis/v1/policy-snapshot\0';
const MAX_STATE_BYTES = 256 * 1024 * 1024;
const deflate = promisify(deflateRaw);
/** Most states fit into one: each further one is a turn of its own. */
const INFLATE_CHUNK = 256 * 1024;

const signedBytes = ({ org, revision, head, stateVersion, state }: Omit<TakenSnapshot, 'kid' | 'sig'>) =>
  sha256(DOMAIN, canonicalBytes({ org, revision, head, stateVersion, state }));

/** @throws AppError INTERNAL when the state has something that can't be stored */
export async function sealSnapshot(
  keys: Pick<FactKeys, 'sign'>,
  { state, ...place }: SnapshotContent,
): Promise<TakenSnapshot> {
  const text = canonicalJson(storeState(state));
  const said = { ...place, stateVersion: STATE_VERSION, state: b64u(await deflate(text)) };
  const { kid, signature } = keys.sign(signedBytes(said));
  return { ...said, kid, sig: b64u(signature) };
}

/**
 * What a snapshot says, once it is proven that policy said it. The key has to be valid at `now`, not at a time of the
 * snapshot's own: with an expired key that was stolen nobody can make up a past.
 *
 * @throws AppError FAILED_PRECONDITION for one that is not policy's or of another version; INTERNAL for one that can't
 * be read
 */
export function openSnapshot(
  keys: Pick<FactKeys, 'verify'>,
  { kid, sig, ...said }: TakenSnapshot,
  now: Date,
): SnapshotContent {
  if (said.stateVersion !== STATE_VERSION)
    throw refused(`It is of version ${said.stateVersion} of the state; this is version ${STATE_VERSION}.`);
  if (!keys.verify(kid, signedBytes(said), Buffer.from(sig, 'base64url'), now))
    throw refused('Its signature does not hold.');
  const limits = { maxOutputLength: MAX_STATE_BYTES, chunkSize: INFLATE_CHUNK };
  const text = inflateRawSync(fromB64u(said.state), limits);
  const { org, revision, head } = said;
  return { org, revision, head, state: readState(JSON.parse(text.toString('utf8'))) };
}

export const refused = (why: string): AppError => new AppError('FAILED_PRECONDITION', why);
