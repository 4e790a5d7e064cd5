import { existsSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import type { DataDirectory } from '../setup/data-directory.js';
import { writeFileAtomically } from '../setup/private-files.js';
import { secretFile } from '../setup/secrets.js';

const founderSchema = z.strictObject({ organisation: z.string(), admin: z.string(), adminKey: z.string() });
export type Founder = z.infer<typeof founderSchema>;

const doneSchema = z.strictObject({ org: z.string(), member: z.string(), servers: z.array(z.string()) });
export type Done = z.infer<typeof doneSchema>;

/**
 * How far the first start has come. The admin key is kept only until the first start has shown it: without it a start
 * that breaks in between could never be completed, since the installation can be bootstrapped once.
 */
export class SeedingState {
  readonly #founder: string;
  readonly #done: string;

  constructor(data: DataDirectory) {
    this.#founder = secretFile(data, 'first-admin.json');
    this.#done = data.file('run', 'seeded.json');
  }

  founder(): Founder | undefined {
    return read(this.#founder, founderSchema);
  }

  keepFounder(founder: Founder): void {
    writeFileAtomically(this.#founder, JSON.stringify(founder));
  }

  done(): Done | undefined {
    return read(this.#done, doneSchema);
  }

  /** Called once the keys have been shown. */
  complete(done: Done): void {
    writeFileAtomically(this.#done, JSON.stringify(done));
    rmSync(this.#founder, { force: true });
  }
}

function read<T>(file: string, schema: z.ZodType<T>): T | undefined {
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}
