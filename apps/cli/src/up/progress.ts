import type { SupervisorEvent } from '../processes/supervisor.js';

/** Tells people how the start goes; on standard error, so that standard output stays for the result. */
export interface Progress {
  /** Shows a step while it runs and how it ended; passes its result or error on. */
  step<T>(label: string, work: () => Promise<T>): Promise<T>;
  note(text: string): void;
}

type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 80;

/** Spinner lines on a terminal; elsewhere one plain line per finished step. Steps may overlap. */
export function createProgress(out: Out): Progress {
  return out.isTTY ? new SpinningProgress(out) : new PlainProgress(out);
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

class PlainProgress implements Progress {
  constructor(private readonly out: Out) {}

  async step<T>(label: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    try {
      const result = await work();
      this.out.write(`ok    ${label} (${seconds(since)})\n`);
      return result;
    } catch (error) {
      this.out.write(`fail  ${label} (${seconds(since)})\n`);
      throw error;
    }
  }

  note(text: string): void {
    this.out.write(`${text}\n`);
  }
}

class SpinningProgress implements Progress {
  readonly #running = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #frame = 0;

  constructor(private readonly out: Out) {}

  async step<T>(label: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    this.#running.set(label, since);
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS).unref();
    try {
      const result = await work();
      this.#finish(label, `\u001b[32m✔\u001b[0m ${label} \u001b[2m${seconds(since)}\u001b[0m`);
      return result;
    } catch (error) {
      this.#finish(label, `\u001b[31m✘\u001b[0m ${label}`);
      throw error;
    }
  }

  note(text: string): void {
    this.#clear();
    this.out.write(`${text}\n`);
    this.#draw();
  }

  #finish(label: string, line: string): void {
    this.#running.delete(label);
    if (this.#running.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.note(line);
  }

  #draw(): void {
    this.#clear();
    this.#frame = (this.#frame + 1) % FRAMES.length;
    for (const [label, since] of this.#running) {
      this.out.write(`${FRAMES[this.#frame]!} ${label} \u001b[2m${seconds(since)}\u001b[0m\n`);
    }
    this.#drawn = this.#running.size;
  }

  /** Goes up over what was drawn and clears to the end of the screen (ECMA-48 CPL, ED). */
  #clear(): void {
    if (this.#drawn > 0) this.out.write(`\u001b[${this.#drawn}F\u001b[J`);
    this.#drawn = 0;
  }
}

/** One line for people about a part that ended or came back. */
export function describeEvent(event: SupervisorEvent): string {
  switch (event.kind) {
    case 'ended':
      return `${event.name} ${event.how}; starting it again in ${event.restartInMs} ms`;
    case 'restart-failed':
      return `${event.reason}\n${event.name} is tried again in ${event.restartInMs} ms`;
    case 'restarted':
      return `${event.name} is back (process ${event.pid})`;
  }
}
