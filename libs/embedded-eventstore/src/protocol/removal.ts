import type { DeleteReq, TombstoneReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { WriteOutcome } from '../storage/event-storage.js';
import type { ExpectedVersion } from '../storage/expected-version.js';
import { isMetastream } from '../storage/stream-record.js';
import { readExpected } from './expected-revision.js';
import { readStreamName } from './fields.js';
import {
  invalidArgument,
  RpcError,
  storageFailed,
  streamDeleted,
  wrongExpectedVersion,
} from './rpc-error.js';

/** What delete and tombstone share. @returns the position of the fact; @throws RpcError only */
export async function removal(
  options: DeleteReq.Options | TombstoneReq.Options | undefined,
  remove: (stream: string, expected: ExpectedVersion) => Promise<WriteOutcome>,
): Promise<string> {
  if (!options) throw invalidArgument('The options are missing');
  const stream = readStreamName(options.getStreamIdentifier());
  if (isMetastream(stream)) throw invalidArgument('A metadata stream can not be deleted');
  const expected = readExpected(options);
  const outcome = await remove(stream, expected).catch((error: unknown) => {
    throw error instanceof RpcError ? error : storageFailed(error);
  });
  if (outcome.kind === 'written') return String(outcome.position);
  if (outcome.kind === 'wrong_version') throw wrongExpectedVersion(stream, expected, outcome.current);
  throw streamDeleted(stream);
}
