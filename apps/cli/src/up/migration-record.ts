import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServiceWithDatabase } from '../postgres/service-databases.js';
import { writeFileAtomically } from '../setup/private-files.js';
import { programOf } from './program-of.js';

/**
 * Which program a service's schema was last brought up to date with. Loading a migration costs about a second of
 * processor time, and most starts have nothing to migrate. The record lies in the cluster itself, so it can't outlive it;
 * it is written after the migration, so one that was cut off is done again.
 */
export class MigrationRecord {
  readonly #file: string;
  readonly #present: string;

  constructor(clusterDirectory: string, service: ServiceWithDatabase) {
    this.#file = join(clusterDirectory, `portcullis-${service}-migrated`);
    this.#present = fingerprint(dirname(programOf(`@portcullis/${service}`, 'migrate.js')));
  }

  isUpToDate(): boolean {
    return existsSync(this.#file) && readFileSync(this.#file, 'utf8') === this.#present;
  }

  keep(): void {
    writeFileAtomically(this.#file, this.#present);
  }
}

/** Of every compiled file of the service: any change at all makes the migration run again. */
function fingerprint(directory: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
  for (const name of files.sort()) {
    const content = readFileSync(join(directory, name));
    hash.update(`${name}\0${content.byteLength}\0`).update(content);
  }
  return hash.digest('base64url');
}
