import { outcomeOf, type Telemetry } from './telemetry.js';

/** For `connectEventStore`: measures every append, and is a span while tracing is on. */
export function appendMeter({ metrics, tracer }: Telemetry): <T>(append: () => Promise<T>) => Promise<T> {
  const total = metrics.counter({
    name: 'portcullis_event_store_appends_total',
    help: 'Appends to the event store, by outcome.',
    labels: ['code'],
  });
  const seconds = metrics.histogram({
    name: 'portcullis_event_store_append_seconds',
    help: 'Appends to the event store: until it has acknowledged them as durable, or failed.',
  });
  return async (append) => {
    const began = performance.now();
    try {
      const result = await tracer.run({ name: 'event store append' }, append);
      total.inc({ code: 'OK' });
      return result;
    } catch (error) {
      total.inc({ code: outcomeOf(error) });
      throw error;
    } finally {
      seconds.observe((performance.now() - began) / 1000);
    }
  };
}
