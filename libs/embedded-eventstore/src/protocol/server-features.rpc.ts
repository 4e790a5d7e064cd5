import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { features, operationsGrpc, streamsGrpc } from './generated.js';

/** Of the protocol that is spoken, not of the product: the client decides by it what it may send. */
const PROTOCOL_VERSION = '23.10.0.0';

/** Server features: the methods that exist. The client asks without credentials. */
export function serverFeaturesRpc() {
  const { startScavenge, stopScavenge } = operationsGrpc.OperationsService;
  const offered = [...Object.values(streamsGrpc.StreamsService), startScavenge, stopScavenge];
  const methods = offered.map(({ path }) => {
    const [, service = '', method = ''] = path.split('/');
    return new features.SupportedMethod().setServiceName(service).setMethodName(method.toLowerCase());
  });
  const response = new features.SupportedMethods()
    .setMethodsList(methods)
    .setEventStoreServerVersion(PROTOCOL_VERSION);
  return (_: ServerUnaryCall<Empty, SupportedMethods>, callback: sendUnaryData<SupportedMethods>): void =>
    callback(null, response);
}
