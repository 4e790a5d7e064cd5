import type { ErrorCode } from '@portcullis/contracts';
import {
  CALL_STEPS,
  outcomeOf,
  type CallStep,
  type IncomingTrace,
  type Outcome,
  type Telemetry,
  type Tracer,
} from '@portcullis/platform';

/** What a request asked for, as a label: whatever a client may send, there are no more of them. */
const METHODS = ['tools/call', 'tools/list', 'initialize', 'server/discover', 'ping'] as const;
type MethodLabel = (typeof METHODS)[number] | 'notification' | 'other' | 'unread';

export const methodLabel = (method: string): MethodLabel =>
  METHODS.find((known) => known === method) ?? 'other';

/** A request that is being served, for whoever finds out more about it. */
export interface ObservedRequest {
  /** `unread` until its message has been read. */
  method: MethodLabel;
  /** Why it failed; undefined when it did not. */
  failure?: ErrorCode;
}

type StepMeters = Record<CallStep, { observe(seconds: number): void }>;

/**
 * Counts, measures and, while tracing is on, traces requests and the named steps of a call. Steps are wrapped where they
 * are listed, so that none of them knows of it.
 */
export class CallTelemetry {
  private readonly tracer: Tracer;
  private readonly meters;
  private readonly stepSeconds: StepMeters;

  constructor(
    telemetry: Pick<Telemetry, 'metrics' | 'tracer'>,
    /** What a client's `traceparent` may do. */
    private readonly outsideTrace: IncomingTrace['use'],
  ) {
    this.tracer = telemetry.tracer;
    this.meters = metersOf(telemetry);
    const { stepSeconds } = this.meters;
    const children = CALL_STEPS.map((step) => [step, stepSeconds.labels({ step })] as const);
    this.stepSeconds = Object.fromEntries(children) as unknown as StepMeters;
  }

  /** The whole of one request. */
  async request(
    traceparent: string | undefined,
    work: (observed: ObservedRequest) => Promise<void>,
  ): Promise<void> {
    const began = performance.now();
    const observed: ObservedRequest = { method: 'unread' };
    this.meters.inFlight.inc();
    try {
      await (this.tracer.on ? this.trace(traceparent, observed, work) : work(observed));
    } finally {
      const { method, failure } = observed;
      this.meters.inFlight.dec();
      this.meters.requests.inc({ method, outcome: failure ?? 'OK' });
      this.meters.requestSeconds.observe({ method }, (performance.now() - began) / 1000);
    }
  }

  /** One step: gives back what it gives, and throws what it throws. */
  step<T>(step: CallStep, work: () => T): T {
    const began = performance.now();
    try {
      const result = this.tracer.on ? this.tracer.run({ name: step }, work) : work();
      if (!(result instanceof Promise)) {
        this.ended(step, began, 'OK');
        return result;
      }
      return result.then(
        (value: unknown) => {
          this.ended(step, began, 'OK');
          return value;
        },
        (error: unknown) => {
          this.ended(step, began, outcomeOf(error));
          throw error;
        },
      ) as T;
    } catch (error) {
      this.ended(step, began, outcomeOf(error));
      throw error;
    }
  }

  /** Says more about the request at hand. */
  readonly note: Tracer['note'] = (attributes) => this.tracer.note(attributes);

  private ended(step: CallStep, began: number, outcome: Outcome): void {
    this.stepSeconds[step].observe((performance.now() - began) / 1000);
    if (outcome !== 'OK') this.meters.stepFailures.inc({ step, code: outcome });
  }

  private trace(
    header: string | undefined,
    observed: ObservedRequest,
    work: (observed: ObservedRequest) => Promise<void>,
  ): Promise<void> {
    const incoming = { header, use: this.outsideTrace };
    return this.tracer.run({ name: 'mcp request', kind: 'server', incoming }, async () => {
      await work(observed);
      this.tracer.note({
        'portcullis.method': observed.method,
        'portcullis.outcome': observed.failure === undefined ? 'OK' : 'refused',
        'portcullis.error_code': observed.failure,
      });
    });
  }
}

function metersOf({ metrics }: Pick<Telemetry, 'metrics'>) {
  return {
    requests: metrics.counter({
      name: 'portcullis_mcp_requests_total',
      help: 'MCP requests, by method and outcome.',
      labels: ['method', 'outcome'],
    }),
    requestSeconds: metrics.histogram({
      name: 'portcullis_mcp_request_seconds',
      help: 'MCP requests: from their arrival to the end of the answer.',
      labels: ['method'],
    }),
    inFlight: metrics.gauge({
      name: 'portcullis_mcp_requests_in_flight',
      help: 'MCP requests that are being served now.',
    }),
    stepSeconds: metrics.histogram({
      name: 'portcullis_call_step_seconds',
      help: 'Steps of calls, failed ones too.',
      labels: ['step'],
    }),
    stepFailures: metrics.counter({
      name: 'portcullis_call_step_failures_total',
      help: 'Steps of calls that refused or failed, by code.',
      labels: ['step', 'code'],
    }),
  };
}
