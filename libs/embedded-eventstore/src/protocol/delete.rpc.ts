import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { DeleteReq, DeleteResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { EventStorage } from '../storage/event-storage.js';
import { streams } from './generated.js';
import { removal } from './removal.js';

/** Soft delete: `$tb` = 2^63 - 1 in the stream's metadata. */
export function deleteRpc(storage: EventStorage) {
  return (call: ServerUnaryCall<DeleteReq, DeleteResp>, callback: sendUnaryData<DeleteResp>): void => {
    removal(call.request.getOptions(), (stream, expected) => storage.delete(stream, expected)).then(
      (position) =>
        callback(
          null,
          new streams.DeleteResp().setPosition(
            new streams.DeleteResp.Position().setCommitPosition(position).setPreparePosition(position),
          ),
        ),
      (error) => callback(error),
    );
  };
}
