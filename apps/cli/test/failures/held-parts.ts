import { readdirSync, readFileSync } from 'node:fs';
import type { Part } from '../../src/processes/managed-process.js';
import { Supervisor, type SupervisorEvent } from '../../src/processes/supervisor.js';

/** A supervisor as `portcullis up` has it, whose parts can be held down: it would bring an ended one back at once. */
export class HeldParts {
  readonly supervisor: Supervisor;
  readonly #gates = new Map<string, Gate>();
  /** Ends that nobody here had asked for. */
  readonly #unasked: string[] = [];
  readonly #asked = new Set<string>();

  constructor(place: { logDirectory: string; registryFile: string; instanceId: string }) {
    this.supervisor = new Supervisor({ ...place, onEvent: (event) => this.#note(event) });
  }

  async start(part: Part, stage: number): Promise<void> {
    const gate = new Gate();
    this.#gates.set(part.name, gate);
    await this.supervisor.start(
      {
        name: part.name,
        start: async (context) => {
          await gate.passed(context.signal);
          return part.start(context);
        },
      },
      stage,
    );
  }

  /** `kill -9`; the supervisor brings it back. */
  kill(name: string): void {
    this.#asked.add(name);
    process.kill(this.pid(name), 'SIGKILL');
  }

  /** `kill -9`, and it stays away until `release`. */
  hold(name: string): void {
    this.#gates.get(name)!.close();
    this.kill(name);
  }

  release(name: string): void {
    this.#gates.get(name)!.open();
  }

  /** The process and its children, as PostgreSQL's are, stand still until SIGCONT. */
  signalAll(name: string, signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of [this.pid(name), ...childrenOf(this.pid(name))]) process.kill(pid, signal);
  }

  /** What has ended by itself since the last time this was asked. */
  takeUnasked(): string[] {
    return this.#unasked.splice(0);
  }

  pid(name: string): number {
    const pid = this.supervisor.pids()[name];
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  #note(event: SupervisorEvent): void {
    if (event.kind === 'ended' && !this.#asked.delete(event.name))
      this.#unasked.push(`${event.name} ${event.how}`);
  }
}

class Gate {
  #opened = Promise.resolve();
  #open: () => void = () => undefined;

  close(): void {
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }

  /** Resolves when it is open; rejects when the start is called off. */
  async passed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    let onAbort: (() => void) | undefined;
    const calledOff = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    await Promise.race([this.#opened, calledOff]).finally(() =>
      signal.removeEventListener('abort', onAbort!),
    );
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended while it was looked at.
    return undefined;
  }
}
