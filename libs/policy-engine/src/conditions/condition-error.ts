import { AppError } from '@portcullis/contracts';

/** A condition that must not be loaded; `at` is the JSON Pointer of the offending place. */
export function conditionError(at: string, problem: string): AppError {
  return new AppError('INVALID_ARGUMENT', `Condition at "${at === '' ? '/' : at}": ${problem}`, {
    details: { at },
  });
}
