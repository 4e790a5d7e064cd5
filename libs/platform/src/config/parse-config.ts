import { AppError } from '@portcullis/contracts';
import { z } from 'zod';

/**
 * Parses the environment once into a typed configuration.
 *
 * @throws AppError `FAILED_PRECONDITION` that names every missing or wrong variable, never its value.
 */
export function parseConfig<T>(schema: z.ZodType<T>, environment: NodeJS.ProcessEnv): T {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || '(all)'}: ${issue.message}`);
  throw new AppError('FAILED_PRECONDITION', `The configuration is not usable. ${faults.join('; ')}.`, {
    details: { variables: result.error.issues.map((issue) => issue.path.join('.')) },
  });
}
