import {
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { AppError } from '@portcullis/contracts';
import type { Readiness } from '@portcullis/platform';
import { toServiceError } from './grpc-error.js';
import { POLICY_SERVICE } from './policy-proto.js';

interface HealthRequest {
  service: string;
}
interface HealthResponse {
  status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}
type Watch = ServerWritableStream<HealthRequest, HealthResponse>;

/** The server as a whole, and its service: they are ready together. */
const KNOWN: ReadonlySet<string> = new Set(['', POLICY_SERVICE]);
/** Readiness itself is no fresher. */
const INTERVAL_MS = 1_000;
const MAX_WATCHERS = 100;

/**
 * `grpc.health.v1.Health`: whether this replica would answer, its lease from control included. For probes, which have no
 * credential, and says no more than that.
 */
export class HealthService {
  private readonly watchers = new Map<Watch, NodeJS.Timeout>();

  constructor(private readonly readiness: () => Promise<Pick<Readiness, 'ready'>>) {}

  readonly implementation: UntypedServiceImplementation = {
    Check: (
      call: ServerUnaryCall<HealthRequest, HealthResponse>,
      callback: sendUnaryData<HealthResponse>,
    ) => {
      if (KNOWN.has(call.request.service))
        void this.state().then((state) => callback(null, { status: state }));
      else callback(toServiceError(new AppError('NOT_FOUND', 'The service is not known.')));
    },
    Watch: (call: Watch) => this.watch(call),
  };

  /** Ends every watch, so that a server that stops does not wait for them. */
  stop(): void {
    for (const call of this.watchers.keys()) this.end(call);
  }

  private async state(): Promise<HealthResponse['status']> {
    return (await this.readiness()).ready ? 'SERVING' : 'NOT_SERVING';
  }

  /** Says the status at once, and again whenever it has changed. */
  private watch(call: Watch): void {
    if (this.watchers.size >= MAX_WATCHERS) {
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'There are too many watchers.' });
      return;
    }
    let last: HealthResponse['status'] | undefined;
    const tell = (now: HealthResponse['status']): void => {
      if (now !== last && this.watchers.has(call)) call.write({ status: now });
      last = now;
    };
    const isKnown = KNOWN.has(call.request.service);
    const look = (): void => void (isKnown ? this.state().then(tell) : tell('SERVICE_UNKNOWN'));
    const timer = setInterval(look, INTERVAL_MS);
    timer.unref();
    this.watchers.set(call, timer);
    call.on('cancelled', () => this.end(call));
    look();
  }

  private end(call: Watch): void {
    clearInterval(this.watchers.get(call));
    this.watchers.delete(call);
    call.end();
  }
}
