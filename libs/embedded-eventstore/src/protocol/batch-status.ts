import type { Message } from 'google-protobuf';
import { status as grpcStatus } from '@grpc/grpc-js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { WriteOutcome } from '../storage/event-storage.js';
import type { ExpectedVersion } from '../storage/expected-version.js';
import { writeStreamName } from './fields.js';
import { anyProto, emptyProto, shared, status } from './generated.js';
import { MAX_APPEND_BYTES, RpcError, storageFailed } from './rpc-error.js';

/** The client takes the error's kind from the type of `details`, which therefore is always set. */
function rpcStatus(code: number, message: string, typeName: string, details: Message): Status {
  const any = new anyProto.Any();
  any.pack(details.serializeBinary(), `event_store.client.${typeName}`);
  return new status.Status()
    .setCode(code as never)
    .setMessage(message)
    .setDetails(any);
}

type Failure = Exclude<WriteOutcome, { kind: 'written' } | { kind: 'nothing' }>;

export function errorStatus(append: { stream: string; expected: ExpectedVersion }, outcome: Failure): Status {
  switch (outcome.kind) {
    case 'wrong_version':
      return rpcStatus(
        grpcStatus.FAILED_PRECONDITION,
        'Wrong expected version',
        'WrongExpectedVersion',
        wrongVersion(append.expected, outcome.current),
      );
    case 'deleted':
      return rpcStatus(
        grpcStatus.FAILED_PRECONDITION,
        'The stream is deleted',
        'StreamDeleted',
        new shared.StreamDeleted().setStreamIdentifier(writeStreamName(append.stream)),
      );
    case 'late':
      return rpcStatus(
        grpcStatus.DEADLINE_EXCEEDED,
        'The deadline has passed',
        'Timeout',
        new shared.Timeout(),
      );
  }
}

/** For what was thrown: a refusal of ours, or a failing disk. */
export function toBatchStatus(error: unknown): Status {
  if (!(error instanceof RpcError)) {
    const { code, details } = storageFailed(error);
    return rpcStatus(code, details, 'Unknown', new shared.Unknown());
  }
  if (error.metadata.get('exception')[0] === 'maximum-append-size-exceeded') {
    const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_BYTES);
    return rpcStatus(error.code, error.details, 'MaximumAppendSizeExceeded', details);
  }
  return rpcStatus(
    error.code,
    error.details,
    'BadRequest',
    new shared.BadRequest().setMessage(error.details),
  );
}

function wrongVersion(expected: ExpectedVersion, current: number) {
  const wrong = new shared.WrongExpectedVersion();
  if (current < 0) wrong.setCurrentNoStream(new emptyProto.Empty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === 'any') return wrong.setExpectedAny(new emptyProto.Empty());
  if (expected === 'no_stream') return wrong.setExpectedNoStream(new emptyProto.Empty());
  if (expected === 'stream_exists') return wrong.setExpectedStreamExists(new emptyProto.Empty());
  return wrong.setExpectedStreamPosition(String(expected));
}
