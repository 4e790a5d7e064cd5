import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const MIB = 1024 * 1024;
const PAGE_BYTES = 4096;

/** Something that can have no room left. */
export interface Disk {
  /** Nothing more can be written. */
  fill(): void;
  free(): void;
}

/** A file system of its own (tmpfs), small enough to be filled to the last byte. Mounting takes root. */
export class SmallDisk implements Disk {
  private constructor(
    readonly directory: string,
    private readonly mib: number,
    private readonly holdsLogs: boolean,
  ) {}

  /** @throws Error when this user or this container may not mount */
  static mount(directory: string, mib: number, options: { logs: boolean } = { logs: false }): SmallDisk {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=0755`, 'tmpfs', directory]);
    return new SmallDisk(directory, mib, options.logs);
  }

  fill(): void {
    if (this.holdsLogs) this.#fillLastPages();
    const file = openSync(this.#ballast, 'a', 0o600);
    try {
      for (const size of [MIB, PAGE_BYTES, 1]) this.#writeWhileThereIsRoom(file, Buffer.alloc(size));
    } finally {
      closeSync(file);
    }
  }

  /** A file may grow to the end of its last page on a full disk: only what can be appended to is filled up. */
  #fillLastPages(): void {
    for (const name of readdirSync(this.directory)) {
      const path = join(this.directory, name);
      appendFileSync(path, '\n'.repeat(PAGE_BYTES - (statSync(path).size % PAGE_BYTES)));
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    run('umount', ['--lazy', this.directory]);
  }

  get #ballast(): string {
    return join(this.directory, 'ballast');
  }

  #writeWhileThereIsRoom(file: number, block: Buffer): void {
    for (let written = 0; written < this.mib * MIB; written += block.length) {
      try {
        if (writeSync(file, block) < block.length) return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
        throw error;
      }
    }
  }
}

function run(command: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
