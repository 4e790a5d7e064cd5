import type { Era } from '../mcp/era.js';

/** What was agreed with an upstream server for one principal. */
export interface UpstreamSession {
  era: Era;
  protocolVersion: string;
  /** `Mcp-Session-Id` of a legacy server that gave one. */
  sessionId: string | null;
}

/** A session unused for so long is agreed upon anew. */
const IDLE_MS = 10 * 60 * 1000;
const MAX_SESSIONS = 5000;

interface Held {
  session: Promise<UpstreamSession>;
  usedAt: number;
}

/**
 * Sessions by server and principal, never shared between principals: a server may keep what it likes in one. Bounded;
 * the one that was unused longest goes first.
 */
export class UpstreamSessions {
  private readonly held = new Map<string, Held>();

  constructor(private readonly now: () => number = Date.now) {}

  /** The session there is, or the one that `agree` makes; callers that come together share the agreement. */
  async get(key: string, agree: () => Promise<UpstreamSession>): Promise<UpstreamSession> {
    const known = this.held.get(key);
    this.held.delete(key);
    const fresh = known !== undefined && this.now() - known.usedAt < IDLE_MS;
    const session = fresh ? known.session : agree();
    this.held.set(key, { session, usedAt: this.now() });
    this.evict();
    try {
      return await session;
    } catch (error) {
      if (this.held.get(key)?.session === session) this.held.delete(key);
      throw error;
    }
  }

  forget(key: string): void {
    this.held.delete(key);
  }

  private evict(): void {
    if (this.held.size <= MAX_SESSIONS) return;
    const oldest = this.held.keys().next().value;
    if (oldest !== undefined) this.held.delete(oldest);
  }
}
