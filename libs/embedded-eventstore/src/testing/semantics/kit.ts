import type { Client } from './client.js';

/** A running server. */
export interface ServerUnderTest {
  /** `esdb://…` with the credentials to use. */
  url: string;
  /** Both only where the kit may control the process; without them the crash cases are left out. */
  kill?(): Promise<void>;
  restart?(): Promise<void>;
  stop(): Promise<void>;
}

export interface Kit {
  /** The one client of the process. */
  client(): Client;
  server(): ServerUnderTest;
  /** The server recognises no repeated append at `any` and `stream_exists`. */
  anyForgets: boolean;
}
