import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { readAll } from '../reading/read-all.js';
import { readStream } from '../reading/read-stream.js';
import { subscribeAll } from '../reading/subscribe-all.js';
import { subscribeStream } from '../reading/subscribe-stream.js';
import type { SubscriptionMessage } from '../reading/subscription-message.js';
import type { EventStorage } from '../storage/event-storage.js';
import { isReadable } from '../storage/stream-record.js';
import { readReadRequest, type ReadRequest } from './read-request.js';
import {
  caughtUpResponse,
  checkpointResponse,
  confirmationResponse,
  eventResponse,
  fellBehindResponse,
  streamNotFoundResponse,
} from './read-responses.js';
import { RpcError, shuttingDown, storageFailed, streamDeleted } from './rpc-error.js';

type Call = ServerWritableStream<ReadReq, ReadResp>;

/** Read: streams and $all, both ways, and the catch-up subscriptions. */
export function readRpc(storage: EventStorage, shutdown: AbortSignal) {
  return (call: Call): void => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    call.on('close', () => gone.abort());
    call.on('error', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, shutdown]);
    answer(storage, call, signal).then(
      () => (shutdown.aborted ? call.emit('error', shuttingDown()) : call.end()),
      (error: unknown) => {
        if (!gone.signal.aborted)
          call.emit('error', error instanceof RpcError ? error : storageFailed(error));
      },
    );
  };
}

async function answer(storage: EventStorage, call: Call, signal: AbortSignal): Promise<void> {
  const request = readReadRequest(call.request);
  const responses =
    request.limit === undefined ? follow(storage, request, signal) : read(storage, request, request.limit);
  for await (const response of responses) {
    if (signal.aborted) return;
    // Back-pressure: a slow reader holds no more than its own window in memory.
    if (!call.write(response)) await once(call, 'drain', { signal }).catch(() => undefined);
  }
}

async function* read(storage: EventStorage, request: ReadRequest, limit: number): AsyncGenerator<ReadResp> {
  const { stream: name, from, direction, filter, structuredIds } = request;
  if (name === undefined) {
    for await (const event of readAll(storage, { from, direction, limit, filter })) {
      yield eventResponse(event, structuredIds);
    }
    return;
  }
  const stream = storage.log.streams.find(name);
  if (stream?.tombstoned) throw streamDeleted(name);
  if (!isReadable(stream)) {
    yield streamNotFoundResponse(name);
    return;
  }
  for await (const event of readStream(storage, stream, { from, direction, limit })) {
    yield eventResponse(event, structuredIds);
  }
}

async function* follow(
  storage: EventStorage,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<ReadResp> {
  const { stream: name, from, filter, structuredIds } = request;
  if (name !== undefined && storage.log.streams.find(name)?.tombstoned) throw streamDeleted(name);
  yield confirmationResponse();
  const messages =
    name === undefined
      ? subscribeAll(storage, { from, filter }, signal)
      : subscribeStream(storage, { name, from }, signal);
  for await (const message of messages) yield toResponse(message, structuredIds);
  if (name !== undefined && !signal.aborted) throw streamDeleted(name);
}

function toResponse(message: SubscriptionMessage, structuredIds: boolean): ReadResp {
  switch (message.kind) {
    case 'event':
      return eventResponse(message.event, structuredIds);
    case 'checkpoint':
      return checkpointResponse(message.position);
    case 'caught_up':
      return caughtUpResponse();
    case 'fell_behind':
      return fellBehindResponse();
  }
}
