import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { EventStorage, WriteOutcome } from '../storage/event-storage.js';
import type { ExpectedVersion } from '../storage/expected-version.js';
import { readExpected } from './expected-revision.js';
import { readStreamName } from './fields.js';
import { shared, streams } from './generated.js';
import { ProposedEvents } from './proposed-message.js';
import { invalidArgument, RpcError, storageFailed, streamDeleted, tooLate } from './rpc-error.js';

interface Header {
  stream: string;
  expected: ExpectedVersion;
}

/** Append: options first, then one message per event; the client's half-close ends it. */
export function appendRpc(storage: EventStorage) {
  return (call: ServerReadableStream<AppendReq, AppendResp>, callback: sendUnaryData<AppendResp>): void => {
    const proposed = new ProposedEvents();
    let header: Header | undefined;
    let refused: RpcError | undefined;
    call.on('data', (request: AppendReq) => {
      if (refused) return;
      try {
        header = takeMessage(request, header, proposed);
      } catch (error) {
        refused = error instanceof RpcError ? error : invalidArgument('The request can not be read');
        callback(refused);
      }
    });
    call.on('error', () => undefined);
    call.on('end', () => {
      if (refused) return;
      if (!header) return callback(invalidArgument('The options of the append are missing'));
      void finish(storage, header, proposed).then(
        (response) => callback(null, response),
        (error: unknown) => callback(error instanceof RpcError ? error : storageFailed(error)),
      );
    });
  };
}

function takeMessage(request: AppendReq, header: Header | undefined, proposed: ProposedEvents): Header {
  const options = request.getOptions();
  if (options) {
    if (header) throw invalidArgument('The options of an append come once');
    return { stream: readStreamName(options.getStreamIdentifier()), expected: readExpected(options) };
  }
  const message = request.getProposedMessage();
  if (!header || !message) throw invalidArgument('An append begins with its options and goes on with events');
  proposed.add(message);
  return header;
}

async function finish(storage: EventStorage, header: Header, proposed: ProposedEvents): Promise<AppendResp> {
  return toResponse(header, await storage.append({ ...header, events: proposed.events }));
}

function toResponse({ stream, expected }: Header, outcome: WriteOutcome): AppendResp {
  switch (outcome.kind) {
    case 'written':
      return new streams.AppendResp().setSuccess(
        new streams.AppendResp.Success()
          .setCurrentRevision(String(outcome.revision))
          .setPosition(
            new streams.AppendResp.Position()
              .setCommitPosition(String(outcome.position))
              .setPreparePosition(String(outcome.position)),
          ),
      );
    case 'nothing': {
      const success = new streams.AppendResp.Success().setNoPosition(new shared.Empty());
      if (outcome.current < 0) success.setNoStream(new shared.Empty());
      else success.setCurrentRevision(String(outcome.current));
      return new streams.AppendResp().setSuccess(success);
    }
    case 'wrong_version':
      return new streams.AppendResp().setWrongExpectedVersion(wrongVersion(expected, outcome.current));
    case 'deleted':
      throw streamDeleted(stream);
    case 'late':
      throw tooLate();
  }
}

function wrongVersion(expected: ExpectedVersion, current: number): AppendResp.WrongExpectedVersion {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(current));
  if (expected === 'any') return wrong.setExpectedAny(new shared.Empty());
  if (expected === 'no_stream') return wrong.setExpectedNoStream(new shared.Empty());
  if (expected === 'stream_exists') return wrong.setExpectedStreamExists(new shared.Empty());
  return wrong.setExpectedRevision(String(expected));
}
