import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { keptFor } from '../deadlines/kept-for.js';
import { within } from '../deadlines/within.js';

/** Name, help and labels of a metric. Label values MUST come from a closed set: never an id, a name, an address. */
export interface Described<Label extends string = never> {
  readonly name: `portcullis_${string}`;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** Upper bounds in seconds: from what a step in memory takes to what a call may take. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** A reading that costs a query is at most so old, and is given up after so long; milliseconds. */
const READING_KEPT_MS = 5000;
const READING_DEADLINE_MS = 1000;
const EVENT_LOOP_PRECISION_MS = 20;

/**
 * What a process counts and measures, in Prometheus' text format. One per running service, so that several of them in
 * one process (tests) don't count each other's work.
 */
export class Metrics {
  private readonly registry = new Registry();
  readonly contentType = this.registry.contentType;

  constructor(service: string) {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
    new Gauge({
      name: 'portcullis_build_info',
      help: '1, with the service and its version.',
      labelNames: ['service', 'version', 'node'],
      registers: [this.registry],
    }).set({ service, version: VERSION, node: process.version }, 1);
  }

  counter<Label extends string = never>({ name, help, labels = [] }: Described<Label>): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  /** Of durations, in seconds. */
  histogram<Label extends string = never>({ name, help, labels = [] }: Described<Label>): Histogram<Label> {
    return new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets: SECONDS,
      registers: [this.registry],
    });
  }

  /** Counted up and down by whoever changes it. */
  gauge<Label extends string = never>({ name, help, labels = [] }: Described<Label>): Gauge<Label> {
    return new Gauge({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  /** What is known at any time without asking anybody. */
  observed({ name, help }: Described, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** The same for several values by one label. */
  observedBy<Label extends string>(
    { name, help, label }: { name: Described['name']; help: string; label: Label },
    read: () => Promise<(readonly [string, number])[]>,
  ): void {
    new Gauge<Label>({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      async collect() {
        for (const [value, count] of await read()) this.labels(value).set(count);
      },
    });
  }

  /**
   * Values that have to be asked for, all by one `read`, at most every five seconds. While they can't be read they are
   * absent: an old number would look like a good one.
   */
  asked<Name extends Described['name']>(
    gauges: readonly { name: Name; help: string }[],
    read: () => Promise<Record<Name, number>>,
  ): void {
    const latest = keptFor(READING_KEPT_MS, read);
    for (const { name, help } of gauges) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        async collect() {
          try {
            const values = await within({ deadline: Date.now() + READING_DEADLINE_MS }, latest());
            this.set(values[name]);
          } catch {
            this.remove();
          }
        },
      });
    }
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}

const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
