import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Part, RunningProcess } from './managed-process.js';
import { INSTANCE_VARIABLE } from './reap-orphans.js';
import { ProcessRegistry } from './process-registry.js';
import type { ReadyReport } from './readiness.js';

/** What happens to a part after it was ready once. */
export type SupervisorEvent =
  | { kind: 'ended'; name: string; how: string; restartInMs: number }
  | { kind: 'restart-failed'; name: string; reason: string; restartInMs: number }
  | { kind: 'restarted'; name: string; pid: number };

export interface SupervisorOptions {
  logDirectory: string;
  registryFile: string;
  instanceId: string;
  onEvent: (event: SupervisorEvent) => void;
}

interface Watched {
  part: Part;
  stage: number;
  running: RunningProcess | undefined;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** A part that has run this long starts again without a delay from earlier trouble. */
const STABLE_MS = 30_000;
/** A little longer than a service takes at most for an orderly stop. */
const STOP_DEADLINE_MS = 10_000;

/** Keeps the parts running: starts them one after the other, restarts what ends by itself, stops all in reverse. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #registry: ProcessRegistry;
  readonly #watched: Watched[] = [];
  readonly #stopping = new AbortController();
  readonly #guards: Promise<void>[] = [];
  readonly #starting = new Set<Promise<unknown>>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#registry = new ProcessRegistry(options.registryFile);
  }

  /**
   * Starts a part and resolves when it is ready; rejects if it does not become so (and does not try again). Stages are
   * ended from the highest down, the parts of one stage together; without one a part is a stage above all before it.
   */
  async start(part: Part, stage: number = 1 + this.#highestStage()): Promise<ReadyReport> {
    this.#stopping.signal.throwIfAborted();
    const watched: Watched = { part, stage, running: undefined };
    this.#watched.push(watched);
    const launching = this.#launch(watched);
    this.#starting.add(launching);
    const running = await launching.finally(() => this.#starting.delete(launching));
    this.#guards.push(this.#guard(watched, running));
    return running.report;
  }

  pids(): Record<string, number> {
    const running = this.#watched.filter((watched) => watched.running !== undefined);
    return Object.fromEntries(running.map(({ part, running }) => [part.name, running!.identity.pid]));
  }

  /** Stops everything, stage by stage. Safe to call at any time, also twice. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('Portcullis is stopping'));
    await Promise.allSettled(this.#starting);
    const stages = [...new Set(this.#watched.map(({ stage }) => stage))].sort((a, b) => b - a);
    for (const stage of stages) {
      const parts = this.#watched.filter((watched) => watched.stage === stage);
      await Promise.all(parts.map(async ({ running }) => running?.stop(STOP_DEADLINE_MS)));
    }
    await Promise.all(this.#guards);
  }

  /** For the last moment of the supervisor itself: kills everything without waiting. */
  killAll(): void {
    this.#stopping.abort(new Error('Portcullis is stopping'));
    for (const { running } of this.#watched) running?.kill();
  }

  #highestStage(): number {
    return Math.max(0, ...this.#watched.map(({ stage }) => stage));
  }

  async #launch(watched: Watched): Promise<RunningProcess> {
    const { name } = watched.part;
    watched.running = await watched.part.start({
      logFile: join(this.#options.logDirectory, `${name}.log`),
      mark: { [INSTANCE_VARIABLE]: this.#options.instanceId },
      onSpawn: (identity) => this.#registry.add(name, identity),
      signal: this.#stopping.signal,
    });
    return watched.running;
  }

  /** Lives as long as the part does: waits for its end and starts it again, unless the end was asked for. */
  async #guard(watched: Watched, first: RunningProcess): Promise<void> {
    let running: RunningProcess | undefined = first;
    let pause = FIRST_DELAY_MS;
    while (running !== undefined) {
      const since = performance.now();
      const how = await running.ended;
      watched.running = undefined;
      this.#registry.remove(watched.part.name);
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - since > STABLE_MS) pause = FIRST_DELAY_MS;
      this.#options.onEvent({ kind: 'ended', name: watched.part.name, how, restartInMs: pause });
      running = await this.#restart(watched, pause);
      pause = Math.min(pause * 2, LONGEST_DELAY_MS);
    }
  }

  async #restart(watched: Watched, firstPause: number): Promise<RunningProcess | undefined> {
    const { signal } = this.#stopping;
    for (let pause = firstPause; ; pause = Math.min(pause * 2, LONGEST_DELAY_MS)) {
      await delay(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
      try {
        const running = await this.#launch(watched);
        this.#options.onEvent({ kind: 'restarted', name: watched.part.name, pid: running.identity.pid });
        return running;
      } catch (error) {
        const restartInMs = Math.min(pause * 2, LONGEST_DELAY_MS);
        const reason = (error as Error).message;
        this.#options.onEvent({ kind: 'restart-failed', name: watched.part.name, reason, restartInMs });
      }
    }
  }
}
