import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Direction } from '../storage/event-table.js';
import { readFilter, type EventFilter } from './event-filter.js';
import { readStreamName, readUint64 } from './fields.js';
import { streams } from './generated.js';
import { invalidArgument, unimplemented } from './rpc-error.js';

export type Start = number | 'start' | 'end';

export interface ReadRequest {
  /** Undefined for `$all`. */
  stream: string | undefined;
  /** A revision of the stream, or a commit position. */
  from: Start;
  direction: Direction;
  /** Undefined for a subscription. */
  limit: number | undefined;
  filter: EventFilter | undefined;
  /** Whether ids go out as two numbers instead of text. */
  structuredIds: boolean;
}

/** @throws RpcError INVALID_ARGUMENT, UNIMPLEMENTED */
export function readReadRequest(request: ReadReq): ReadRequest {
  const options = request.getOptions();
  if (!options) throw invalidArgument('The options of the read are missing');
  if (options.getResolveLinks()) throw unimplemented('Resolving link events');
  const filter = options.getFilter();
  const read: ReadRequest = {
    ...readSource(options),
    direction: readDirection(options),
    limit: readLimit(options),
    filter: filter && readFilter(filter),
    structuredIds: options.getUuidOption()?.hasStructured() ?? false,
  };
  if (read.filter && read.stream !== undefined) throw invalidArgument('A filter is for $all only');
  if (read.limit === undefined && read.direction === 'backwards') {
    throw invalidArgument('A subscription reads forwards');
  }
  return read;
}

function readSource(options: ReadReq.Options): Pick<ReadRequest, 'stream' | 'from'> {
  const stream = options.getStream();
  if (stream) {
    const from = stream.hasRevision() ? readUint64(stream.getRevision()) : edge(stream);
    return { stream: readStreamName(stream.getStreamIdentifier()), from };
  }
  const all = options.getAll();
  if (!all) throw invalidArgument('The read names neither a stream nor $all');
  const position = all.getPosition();
  return { stream: undefined, from: position ? readUint64(position.getCommitPosition()) : edge(all) };
}

function edge(options: { hasStart(): boolean; hasEnd(): boolean }): Start {
  if (options.hasStart()) return 'start';
  if (options.hasEnd()) return 'end';
  throw invalidArgument('The read does not say where to begin');
}

const readDirection = (options: ReadReq.Options): Direction =>
  options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS ? 'backwards' : 'forwards';

function readLimit(options: ReadReq.Options): number | undefined {
  if (options.hasSubscription()) return undefined;
  if (!options.hasCount()) throw invalidArgument('The read has neither a count nor a subscription');
  return readUint64(options.getCount());
}
