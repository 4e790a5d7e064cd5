import { AppError } from '@portcullis/contracts';

/** Code of the AppError that `act` throws; 'nothing' when it throws nothing. Any other error is thrown on. */
export function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'nothing';
}
