import { Pool } from 'undici';
import type { Destination } from './destination.js';
import { pinnedConnector, type ConnectionOptions } from './pinned-connector.js';

export interface PoolOptions extends ConnectionOptions {
  /** Open connections per origin and partition; more requests wait within their deadline. Default 128. */
  maxConnections?: number;
  /** How long an unused connection stays open. Default 4,000 ms; the upstream's own hint may shorten it. */
  keepAliveMs?: number;
  /** Origins × partitions kept at a time; the least recently used idle ones are closed beyond it. Default 1,000. */
  maxPools?: number;
}

const SWEEP_MS = 30_000;
const MAX_HEADER_BYTES = 32 * 1024;

interface PoolEntry {
  pool: Pool;
  lastUsed: number;
}

/**
 * Keep-alive connections by (exemption, origin, partition). A connection is never used for another partition, so what
 * an upstream remembers about a connection stays with the principal it was opened for; and one that was opened under an
 * exemption never serves a request that has none.
 */
export class ConnectionPools {
  readonly #entries = new Map<string, PoolEntry>();
  readonly #options: PoolOptions;
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  poolFor(to: Destination, partition: string): Pool {
    // Neither an origin nor the flag contains a blank, so no partition text can imitate another key.
    const key = `${to.exempt ? 'exempt' : 'public'} ${to.origin} ${partition}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { pool: this.#open(to), lastUsed: 0 };
      this.#entries.set(key, entry);
      this.#evict();
    }
    entry.lastUsed = performance.now();
    return entry.pool;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Breaks every connection. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    const pools = [...this.#entries.values()].map(({ pool }) => pool);
    this.#entries.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #open(to: Destination): Pool {
    return new Pool(to.origin, {
      connect: pinnedConnector(to, this.#options),
      connections: this.#options.maxConnections ?? 128,
      keepAliveTimeout: this.#options.keepAliveMs ?? 4_000,
      keepAliveMaxTimeout: 60_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      pipelining: 1,
      allowH2: false,
    });
  }

  #sweep(): void {
    const before = performance.now() - SWEEP_MS;
    for (const [key, entry] of this.#entries) {
      if (entry.lastUsed < before && isIdle(entry.pool)) this.#drop(key, entry);
    }
  }

  #evict(): void {
    const excess = this.#entries.size - (this.#options.maxPools ?? 1_000);
    if (excess <= 0) return;
    const idle = [...this.#entries].filter(([, { pool, lastUsed }]) => lastUsed > 0 && isIdle(pool));
    idle.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key, entry] of idle.slice(0, excess)) this.#drop(key, entry);
  }

  #drop(key: string, entry: PoolEntry): void {
    this.#entries.delete(key);
    // Closing waits for running requests, and there are none; its failure would only mean that it is closed already.
    void entry.pool.close().catch(() => undefined);
  }
}

function isIdle(pool: Pool): boolean {
  const { running, pending, queued } = pool.stats;
  return running + pending + queued === 0;
}
