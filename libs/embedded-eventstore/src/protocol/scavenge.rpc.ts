import { status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type {
  ScavengeResp,
  StartScavengeReq,
  StopScavengeReq,
} from '@eventstore/db-client/generated/operations_pb.js';
import type { Scavenger } from '../scavenging/scavenger.js';
import { operations } from './generated.js';
import { RpcError, storageFailed, unimplemented } from './rpc-error.js';

const { ScavengeResult } = operations.ScavengeResp;

/** StartScavenge: answers when the start is on disk; the end is `$scavengeCompleted` in `$scavenges-<id>`. */
export function startScavengeRpc(scavenger: Scavenger) {
  return (
    call: ServerUnaryCall<StartScavengeReq, ScavengeResp>,
    callback: sendUnaryData<ScavengeResp>,
  ): void => {
    if ((call.request.getOptions()?.getStartFromChunk() ?? 0) !== 0)
      return callback(unimplemented('Scavenging from a chunk on'));
    scavenger.start().then(
      ({ id, started }) =>
        callback(null, response(id, started ? ScavengeResult.STARTED : ScavengeResult.INPROGRESS)),
      (error: unknown) => callback(storageFailed(error)),
    );
  };
}

/** StopScavenge: answers when it has stopped. */
export function stopScavengeRpc(scavenger: Scavenger) {
  return (
    call: ServerUnaryCall<StopScavengeReq, ScavengeResp>,
    callback: sendUnaryData<ScavengeResp>,
  ): void => {
    const id = call.request.getOptions()?.getScavengeId() ?? '';
    scavenger.stop(id).then(
      (stopped) => (stopped ? callback(null, response(id, ScavengeResult.STOPPED)) : callback(notFound(id))),
      (error: unknown) => callback(storageFailed(error)),
    );
  };
}

const response = (id: string, result: ScavengeResp.ScavengeResult): ScavengeResp =>
  new operations.ScavengeResp().setScavengeId(id).setScavengeResult(result);

const notFound = (id: string): RpcError =>
  new RpcError(status.NOT_FOUND, 'No scavenge with this id is running.', {
    exception: 'scavenge-not-found',
    'scavenge-id': id,
  });
