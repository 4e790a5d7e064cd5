import { AppError } from '../src/errors/app-error.js';

/** `CODE` or `CODE/reason` of the AppError that the function throws; `nothing` if it returns. Anything else is rethrown. */
export function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const reason = thrown.details?.['reason'];
    return typeof reason === 'string' ? `${thrown.code}/${reason}` : thrown.code;
  }
  return 'nothing';
}
