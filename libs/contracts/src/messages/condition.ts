import { z } from 'zod';

/** A condition of a rule: operators are validated by policy at load (unknown ones are refused there). */
export const conditionSchema = z.record(z.string(), z.json());
