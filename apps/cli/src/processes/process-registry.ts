import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileAtomically } from '../setup/private-files.js';
import type { ProcessIdentity } from './process-table.js';

const registrySchema = z.array(z.strictObject({ name: z.string(), pid: z.int(), startTime: z.int() }));

export type RegisteredProcess = z.infer<typeof registrySchema>[number];

/** The file that tells the next start what this one has started. Written at every start and end of a process. */
export class ProcessRegistry {
  readonly #file: string;
  readonly #running = new Map<string, ProcessIdentity>();

  constructor(file: string) {
    this.#file = file;
  }

  add(name: string, identity: ProcessIdentity): void {
    this.#running.set(name, identity);
    this.#write();
  }

  remove(name: string): void {
    if (this.#running.delete(name)) this.#write();
  }

  /** What an earlier run left behind. A damaged file counts as empty: the search by environment finds the same processes. */
  static read(file: string): RegisteredProcess[] {
    if (!existsSync(file)) return [];
    try {
      return registrySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return [];
    }
  }

  #write(): void {
    const entries = [...this.#running].map(([name, { pid, startTime }]) => ({ name, pid, startTime }));
    writeFileAtomically(this.#file, `${JSON.stringify(entries)}\n`);
  }
}
