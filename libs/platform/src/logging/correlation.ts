import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of one request carries. */
export interface Correlation {
  /** Id of the call or admin request, a ULID. */
  readonly correlationId: string;
}

const storage = new AsyncLocalStorage<Correlation>();

export function withCorrelation<T>(correlation: Correlation, work: () => T): T {
  return storage.run(correlation, work);
}

export const currentCorrelation = (): Correlation | undefined => storage.getStore();
