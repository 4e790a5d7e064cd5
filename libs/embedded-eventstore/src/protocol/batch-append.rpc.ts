import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { EventStorage, WriteOutcome } from '../storage/event-storage.js';
import type { ExpectedVersion } from '../storage/expected-version.js';
import { errorStatus, toBatchStatus } from './batch-status.js';
import { readStreamName, readUint64, readUuid, writeStreamName } from './fields.js';
import { emptyProto, shared, streams } from './generated.js';
import { ProposedEvents } from './proposed-message.js';
import { invalidArgument } from './rpc-error.js';

type Call = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

/** An append whose messages are still arriving. */
interface Pending {
  stream: string;
  expected: ExpectedVersion;
  deadlineMs: number | undefined;
  proposed: ProposedEvents;
}

/** Appends of one client that are open at the same time; each holds at most one maximal append in memory. */
const MAX_PENDING = 1024;

/**
 * Batch append: many appends multiplexed on one stream by correlation id. Each is answered by a response of its own,
 * an error too (`google.rpc.Status`): the stream itself goes on.
 */
export function batchAppendRpc(storage: EventStorage) {
  return (call: Call): void => {
    const pending = new Map<string, Pending>();
    let unanswered = 0;
    let ended = false;
    const endWhenDone = () => {
      if (ended && unanswered === 0) call.end();
    };
    const answer = (response: BatchAppendResp) => {
      if (!call.cancelled && !call.destroyed) call.write(response);
    };
    call.on('data', (request: BatchAppendReq) => {
      unanswered += 1;
      void take(storage, pending, request).then((response) => {
        unanswered -= 1;
        if (response) answer(response);
        endWhenDone();
      });
    });
    call.on('error', () => undefined);
    call.on('end', () => {
      ended = true;
      endWhenDone();
    });
  };
}

/** The response, once the last message of an append is there or it is refused. Never rejects. */
async function take(
  storage: EventStorage,
  pending: Map<string, Pending>,
  request: BatchAppendReq,
): Promise<BatchAppendResp | undefined> {
  const response = new streams.BatchAppendResp().setCorrelationId(request.getCorrelationId());
  try {
    const key = readUuid(request.getCorrelationId()).toString('hex');
    // The client takes the name for granted in every error, also in one about a later part of an append.
    response.setStreamIdentifier(
      request.getOptions()?.getStreamIdentifier() ?? writeStreamName(pending.get(key)?.stream ?? ''),
    );
    const append = collect(pending, key, request);
    if (!append || !request.getIsFinal()) return undefined;
    pending.delete(key);
    return finish(response, append, await storage.append({ ...append, events: append.proposed.events }));
  } catch (error) {
    return response.setError(toBatchStatus(error));
  }
}

/** Undefined for the rest of an append that was refused earlier. */
function collect(pending: Map<string, Pending>, key: string, request: BatchAppendReq): Pending | undefined {
  const options = request.getOptions();
  if (options) {
    if (pending.size >= MAX_PENDING) throw invalidArgument('Too many appends are open on this stream');
    pending.set(key, readOptions(options));
  }
  const append = pending.get(key);
  try {
    for (const message of append ? request.getProposedMessagesList() : []) append!.proposed.add(message);
  } catch (error) {
    pending.delete(key);
    throw error;
  }
  return append;
}

function readOptions(options: BatchAppendReq.Options): Pending {
  const deadline = options.getDeadline();
  return {
    stream: readStreamName(options.getStreamIdentifier()),
    expected: readExpected(options),
    deadlineMs: deadline && deadline.getSeconds() * 1000 + deadline.getNanos() / 1e6,
    proposed: new ProposedEvents(),
  };
}

function readExpected(options: BatchAppendReq.Options): ExpectedVersion {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  if (options.hasStreamPosition()) return readUint64(options.getStreamPosition());
  throw invalidArgument('The expected revision is missing');
}

function finish(response: BatchAppendResp, append: Pending, outcome: WriteOutcome): BatchAppendResp {
  const success = new streams.BatchAppendResp.Success();
  if (outcome.kind === 'written') {
    const position = String(outcome.position);
    return response.setSuccess(
      success
        .setCurrentRevision(String(outcome.revision))
        .setPosition(new shared.AllStreamPosition().setCommitPosition(position).setPreparePosition(position)),
    );
  }
  if (outcome.kind === 'nothing') {
    success.setNoPosition(new emptyProto.Empty());
    if (outcome.current < 0) success.setNoStream(new emptyProto.Empty());
    else success.setCurrentRevision(String(outcome.current));
    return response.setSuccess(success);
  }
  return response.setError(errorStatus(append, outcome));
}
