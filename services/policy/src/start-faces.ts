import { outsideTrace } from '@portcullis/platform';
import { startAuthzenServer, type AuthzenServerOptions } from './authzen/authzen-server.js';
import type { Config } from './config.js';
import { startGrpcServer, type GrpcServerOptions } from './grpc/grpc-server.js';

type Shared = Pick<
  GrpcServerOptions & AuthzenServerOptions,
  'clients' | 'api' | 'lease' | 'logger' | 'telemetry' | 'readiness'
>;

export interface RunningFaces {
  /** For the ready line. */
  readonly ready: { grpcPort: number; authzenPort: number };
  stop(): Promise<void>;
}

/** The faces of policy beside NATS, for internal tools: gRPC and AuthZEN over HTTP. */
export async function startFaces(config: Config, shared: Shared): Promise<RunningFaces> {
  const { clients, api, lease, logger, telemetry } = shared;
  const parts = { clients, api, lease, logger, telemetry, outsideTrace: outsideTrace(config) };
  const grpc = await startGrpcServer({
    ...parts,
    host: config.GRPC_HOST,
    port: config.GRPC_PORT,
    tls: grpcTls(config),
    readiness: shared.readiness,
  });
  const authzen = await startAuthzenServer({
    ...parts,
    host: config.AUTHZEN_HOST,
    port: config.AUTHZEN_PORT,
    baseUrl: config.AUTHZEN_BASE_URL ?? null,
    tls: pair(config.AUTHZEN_TLS_CERT_FILE, config.AUTHZEN_TLS_KEY_FILE),
  });
  return {
    ready: { grpcPort: grpc.port, authzenPort: authzen.port },
    stop: async () => void (await Promise.all([grpc.stop(), authzen.stop()])),
  };
}

function grpcTls(config: Config): GrpcServerOptions['tls'] {
  const tls = pair(config.GRPC_TLS_CERT_FILE, config.GRPC_TLS_KEY_FILE);
  return tls === null ? null : { ...tls, clientCa: config.GRPC_TLS_CLIENT_CA_FILE ?? null };
}

const pair = (certificate: Buffer | undefined, privateKey: Buffer | undefined) =>
  certificate === undefined || privateKey === undefined ? null : { certificate, privateKey };
