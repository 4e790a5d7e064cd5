import { ReflectionService } from '@grpc/reflection';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { AppError, newId, VERBS } from '@portcullis/contracts';
import {
  outcomeOf,
  withCorrelation,
  type IncomingTrace,
  type Logger,
  type Readiness,
  type ReplicaLease,
  type SpanStart,
  type Telemetry,
} from '@portcullis/platform';
import type { PolicyApi } from '../check/policy-api.js';
import type { PolicyClients } from '../clients/policy-clients.js';
import { callerOf } from './grpc-caller.js';
import { toServiceError } from './grpc-error.js';
import { policyMethods, type PolicyMethod } from './policy-methods.js';
import { HealthService } from './health-service.js';
import { healthService, policyService, PUBLISHED_PACKAGES } from './policy-proto.js';

export interface GrpcServerOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Null: without TLS, which the configuration allows on loopback only. */
  tls: {
    certificate: Buffer;
    privateKey: Buffer;
    /** The authority (PEM) that clients must have a certificate of; null: none is asked for. */
    clientCa: Buffer | null;
  } | null;
  clients: PolicyClients;
  api: PolicyApi;
  lease: Pick<ReplicaLease, 'during'>;
  readiness: () => Promise<Pick<Readiness, 'ready'>>;
  logger: Logger;
  telemetry: Pick<Telemetry, 'verbs' | 'tracer'>;
  /** What a caller's `traceparent` metadata may do. */
  outsideTrace: IncomingTrace['use'];
}

export interface RunningGrpcServer {
  readonly port: number;
  stop(): Promise<void>;
}

type Call = ServerUnaryCall<unknown, object>;

/**
 * The gRPC face of policy. Bare grpc-js rather than Nest's transport, whose error handling knows one status (UNKNOWN) and
 * whose port can't be chosen by the system.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': VERBS.check.maxRequestBytes,
    'grpc.max_concurrent_streams': 1_000,
  });
  const methods = Object.entries(policyMethods(options.api)).map(([name, method]) => [
    name,
    (call: Call, callback: sendUnaryData<object>) => answer(options, { name, method, call }, callback),
  ]);
  server.addService(policyService, Object.fromEntries(methods));
  const health = new HealthService(options.readiness);
  server.addService(healthService, health.implementation);
  // Shows what is published anyway, and to whoever may open a connection.
  new ReflectionService(PUBLISHED_PACKAGES).addToServer(server);
  const port = await bind(server, options);
  return {
    port,
    stop: () => {
      health.stop();
      return shutDown(server);
    },
  };
}

interface Asked {
  name: string;
  method: PolicyMethod;
  call: Call;
}

function answer(options: GrpcServerOptions, asked: Asked, callback: sendUnaryData<object>): void {
  const { verbs, tracer } = options.telemetry;
  const { method, call } = asked;
  // What the same question is called over NATS, with the transport before it.
  const ended = verbs.served(`grpc.${method.subject}`);
  const decide = (): object | Promise<object> => {
    const { org } = callerOf(options.clients, call);
    const work = (): object | Promise<object> => method.run(org, call.request);
    return tracer.on ? tracer.run(spanOf(options, asked, org), work) : work();
  };
  withCorrelation({ correlationId: newId() }, () => {
    options.lease.during(decide).then(
      (response) => {
        ended('OK');
        callback(null, response);
      },
      (thrown: unknown) => {
        ended(outcomeOf(thrown));
        if (!(thrown instanceof AppError)) options.logger.error({ err: thrown }, 'gRPC request failed');
        callback(toServiceError(thrown));
      },
    );
  });
}

/** Of an authenticated caller only: others leave no span. */
function spanOf({ outsideTrace }: GrpcServerOptions, { name, call }: Asked, org: string): SpanStart {
  const [header] = call.metadata.get('traceparent');
  return {
    name: `portcullis.policy.v1/${name}`,
    kind: 'server',
    incoming: { header: typeof header === 'string' ? header : undefined, use: outsideTrace },
    attributes: { 'portcullis.org': org },
  };
}

function bind(server: Server, { host, port, tls }: GrpcServerOptions): Promise<number> {
  const credentials =
    tls === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          tls.clientCa,
          [{ cert_chain: tls.certificate, private_key: tls.privateKey }],
          tls.clientCa !== null,
        );
  const address = host.includes(':') ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
}

const SHUTDOWN_MS = 2_000;

/** Lets calls at hand end, then ends the rest. */
function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, SHUTDOWN_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
