import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from '@opentelemetry/api';

/** What every log line of one request carries. */
export interface Correlation {
  /** Id of the request, a ULID; undefined for work that nobody has asked for. */
  readonly correlationId: string | undefined;
  /** The span at hand, while tracing is on. */
  readonly span?: Span;
}

const storage = new AsyncLocalStorage<Correlation>();

export function withCorrelation<T>(correlation: Correlation, work: () => T): T {
  return storage.run(correlation, work);
}

export const currentCorrelation = (): Correlation | undefined => storage.getStore();
