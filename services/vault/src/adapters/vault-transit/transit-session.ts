import { KeyFault } from '../../remote-calls/key-fault.js';
import type { TransitClient } from './transit-client.js';
import { logIn, lookUp, renew, revoke, type TransitLogin, type TransitToken } from './transit-login.js';

const RENEW_AFTER = 2 / 3;
const LONGEST_WAIT_MS = 86_400_000;
const SHORTEST_WAIT_MS = 1000;
/** A renewed token with less than this part of its first lifetime is near its end for good (max TTL): time for a new one. */
const WORN = 1 / 2;

interface Session extends TransitToken {
  /** Monotonic milliseconds. */
  readonly endsAt: number;
  /** Milliseconds the token was good for when it was new. */
  readonly firstTtlMs: number;
}

/**
 * The vault's session at HashiCorp Vault or OpenBao: logs in when it is first needed, renews before the token ends, and logs
 * in again when the token has ended or was revoked. One login at a time, however many wait for it.
 */
export class TransitSession {
  private session: Session | undefined;
  private loggingIn: Promise<Session> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly client: TransitClient,
    private readonly login: TransitLogin,
    private readonly deadlineMs: number,
  ) {}

  /**
   * Runs `work` with the token. Where it is denied because the token has ended, once more with a new one: whether it has
   * is asked of the server, so a permission that is missing does not make a login, and a lease, of every call.
   */
  async run<T>(signal: AbortSignal, work: (token: string) => Promise<T>): Promise<T> {
    const session = await this.current();
    try {
      return await work(session.token.revealText());
    } catch (error) {
      if (!isDenied(error) || !(await this.hasEnded(session, signal))) throw error;
      return work((await this.current()).token.revealText());
    }
  }

  /** Revokes the token that a login gave; one that was handed to us belongs to somebody else. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const session = this.session;
    this.session = undefined;
    if (session === undefined) return;
    if (this.login.method !== 'token')
      await revoke(this.client, session.token, AbortSignal.timeout(SHORTEST_WAIT_MS)).catch(() => undefined);
    session.token.wipe();
  }

  private current(): Promise<Session> {
    if (this.session !== undefined && performance.now() < this.session.endsAt)
      return Promise.resolve(this.session);
    this.loggingIn ??= this.begin().finally(() => {
      this.loggingIn = undefined;
    });
    return this.loggingIn;
  }

  private async begin(): Promise<Session> {
    const token = await logIn(this.client, this.login, AbortSignal.timeout(this.deadlineMs));
    return this.take(token, token.ttlMs);
  }

  private take(token: TransitToken, firstTtlMs: number): Session {
    const session = { ...token, firstTtlMs, endsAt: performance.now() + token.ttlMs };
    const before = this.session?.token;
    if (this.closed) throw new KeyFault('denied', 'closed');
    this.session = session;
    // A call that has just been given the session before still reads its token.
    if (before !== session.token) setImmediate(() => before?.wipe());
    this.renewLater(session, session.ttlMs * RENEW_AFTER);
    return session;
  }

  private renewLater(session: Session, waitMs: number): void {
    clearTimeout(this.timer);
    if (session.ttlMs === Infinity || this.closed) return;
    // Earlier by up to a tenth, so that replicas that started together don't come together.
    const wait = Math.min(LONGEST_WAIT_MS, waitMs * (1 - Math.random() / 10));
    this.timer = setTimeout(() => void this.renew(session), Math.max(SHORTEST_WAIT_MS, wait)).unref();
  }

  /** Nobody waits for it: what fails here is tried again, and at last met by the next call. */
  private async renew(session: Session): Promise<void> {
    try {
      const signal = AbortSignal.timeout(this.deadlineMs);
      const next = session.renewable ? await renew(this.client, session.token, signal) : undefined;
      if (this.session !== session) return;
      if (next !== undefined && next.ttlMs >= session.firstTtlMs * WORN) this.take(next, session.firstTtlMs);
      else await this.begin();
    } catch {
      if (this.session === session) this.renewLater(session, (session.endsAt - performance.now()) / 3);
    }
  }

  private async hasEnded(session: Session, signal: AbortSignal): Promise<boolean> {
    if (this.session !== session) return true;
    try {
      await lookUp(this.client, session.token, signal);
      return false;
    } catch (error) {
      if (!isDenied(error)) throw error;
      if (this.session === session) this.session = undefined;
      return true;
    }
  }
}

const isDenied = (error: unknown): boolean => error instanceof KeyFault && error.reason === 'denied';
