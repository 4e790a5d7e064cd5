import { AppError } from '@portcullis/contracts';
import { QueryFailedError } from 'typeorm';

const UNIQUE_VIOLATION = '23505';

/** Runs an insert or update; a taken name becomes `ALREADY_EXISTS` with a message for people. */
export async function refuseTaken<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const code =
      thrown instanceof QueryFailedError ? (thrown.driverError as { code?: unknown }).code : undefined;
    throw code === UNIQUE_VIOLATION ? new AppError('ALREADY_EXISTS', message, { cause: thrown }) : thrown;
  }
}
