import type { ErrorCode, VerbSubject } from '@portcullis/contracts';
import type { Metrics } from './metrics.js';

/** What became of a request. */
export type Outcome = 'OK' | ErrorCode;

/** Told once, when the request has ended. */
export type Ended = (outcome: Outcome) => void;

/** Requests by verb, on the side that asks and on the side that answers. */
export class VerbMetrics {
  readonly served: (verb: VerbSubject) => Ended;
  readonly called: (verb: VerbSubject) => Ended;

  constructor(metrics: Metrics) {
    this.served = meter(metrics, 'portcullis_verb_requests', 'Requests over NATS that this service answered');
    this.called = meter(
      metrics,
      'portcullis_verb_calls',
      'Requests over NATS that this service made of others',
    );
  }
}

function meter(metrics: Metrics, name: `portcullis_${string}`, what: string): (verb: VerbSubject) => Ended {
  const total = metrics.counter({
    name: `${name}_total`,
    help: `${what}, by outcome.`,
    labels: ['verb', 'code'],
  });
  const seconds = metrics.histogram({
    name: `${name}_seconds`,
    help: `${what}: duration.`,
    labels: ['verb'],
  });
  const inFlight = metrics.gauge({
    name: `${name}_in_flight`,
    help: `${what}: now under way.`,
    labels: ['verb'],
  });
  return (verb) => {
    const began = performance.now();
    inFlight.inc({ verb });
    return (code) => {
      inFlight.dec({ verb });
      total.inc({ verb, code });
      seconds.observe({ verb }, (performance.now() - began) / 1000);
    };
  };
}
