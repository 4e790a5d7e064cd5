import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { EventStorage } from '../storage/event-storage.js';
import { streams } from './generated.js';
import { removal } from './removal.js';

/** Hard delete: the name can never be used again. */
export function tombstoneRpc(storage: EventStorage) {
  return (
    call: ServerUnaryCall<TombstoneReq, TombstoneResp>,
    callback: sendUnaryData<TombstoneResp>,
  ): void => {
    removal(call.request.getOptions(), (stream, expected) => storage.tombstone(stream, expected)).then(
      (position) =>
        callback(
          null,
          new streams.TombstoneResp().setPosition(
            new streams.TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position),
          ),
        ),
      (error) => callback(error),
    );
  };
}
