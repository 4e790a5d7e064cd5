import type { Era } from '../mcp/era.js';

/** How the gateway names itself to upstream servers. */
export const GATEWAY = { name: 'portcullis', version: '0.1.0' };

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
  agreement: Promise<UpstreamSession>;
  /** Once there is agreement. */
  session?: UpstreamSession;
  usedAt: number;
}

/**
 * Sessions by server and principal, never shared between principals: a server may keep what it likes in one. Bounded;
 * the one that was unused longest goes first.
 */
export class UpstreamSessions {
  private readonly held = new Map<string, Held>();

  constructor(private readonly now: () => number = Date.now) {}

  /**
   * The session there is, or the one that `agree` makes; callers that come together share the agreement, so it MUST
   * NOT depend on one of them staying. A failed agreement is not kept.
   */
  get(key: string, agree: () => Promise<UpstreamSession>): Promise<UpstreamSession> {
    const known = this.held.get(key);
    const fresh = known !== undefined && this.now() - known.usedAt < IDLE_MS;
    const held = fresh ? known : this.begin(key, agree());
    held.usedAt = this.now();
    // Map order is order of use.
    this.held.delete(key);
    this.held.set(key, held);
    this.evict();
    return held.agreement;
  }

  /** The server does not know this session any more. One that has been agreed upon meanwhile stays. */
  forget(key: string, session: UpstreamSession): void {
    if (this.held.get(key)?.session === session) this.held.delete(key);
  }

  private begin(key: string, agreement: Promise<UpstreamSession>): Held {
    const held: Held = { agreement, usedAt: 0 };
    agreement.then(
      (session) => (held.session = session),
      () => {
        if (this.held.get(key) === held) this.held.delete(key);
      },
    );
    return held;
  }

  private evict(): void {
    if (this.held.size <= MAX_SESSIONS) return;
    const oldest = this.held.keys().next().value;
    if (oldest !== undefined) this.held.delete(oldest);
  }
}
