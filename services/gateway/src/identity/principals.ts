import { createHmac, randomBytes } from 'node:crypto';
import {
  AppError,
  b64u,
  parseApiKey,
  SealedChannel,
  sha256,
  VERBS,
  type AuthenticateReply,
  type Keyring,
  type VerbCaller,
} from '@portcullis/contracts';

/** Who makes a request, and control's word for it. Valid until `expiresAt`, at most a minute. */
export type AuthenticatedPrincipal = AuthenticateReply;

interface Held {
  asked: Promise<AuthenticatedPrincipal>;
  /** Once control has answered. */
  answer?: AuthenticatedPrincipal;
}

const MAX_CACHED = 10_000;
/** An assertion that ends sooner is renewed, so that it outlives the steps of one call. */
const MIN_REMAINING_S = 15;

const refused = (): AppError =>
  new AppError('UNAUTHENTICATED', 'The API key is missing, malformed, unknown or revoked.');

/**
 * Step 1 of a call. The presented key crosses to control sealed to control's key, so that the broker can't read it. The
 * answer is kept under a keyed hash of the key, never the key, for at most a minute; the barrier or a denial by
 * policy drops it sooner.
 */
export class Principals {
  /** Of this process alone: a memory dump of the cache is no list of hashes that somebody could look up. */
  private readonly processKey = randomBytes(32);
  private readonly cache = new Map<string, Held>();

  constructor(
    private readonly caller: VerbCaller,
    private readonly keyring: Keyring,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * @param presented value of the Authorization header
   * @param address of the client: only a keyed hash of it leaves the process, for limiting failures
   * @throws AppError `UNAUTHENTICATED`, or `UNAVAILABLE` / `DEADLINE_EXCEEDED` when control can't be asked
   */
  async authenticate(presented: string | undefined, address: string): Promise<AuthenticatedPrincipal> {
    const key = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(presented ?? '')?.[1];
    // A wrong checksum or form never costs control anything.
    if (key === undefined || parseApiKey(key) === null) throw refused();
    const name = this.keyed(key);
    const known = this.cache.get(name);
    if (known !== undefined && this.serves(known)) return known.asked;
    return this.remember(name, this.askControl(key, address));
  }

  /**
   * Control or policy says that something about these principals changed: ask again next time. Answers that are still
   * on their way may be from before the change, and whose they are is not known yet: they are not kept either.
   */
  forget(org: string, sid: string | null): void {
    for (const [name, { answer }] of this.cache) {
      const principal = answer?.principal;
      const concerned = principal?.org === org && (sid === null || principal.sid === sid);
      if (principal === undefined || concerned) this.cache.delete(name);
    }
  }

  /** Principals of these organisations, or of all (null), are asked for anew. */
  forgetChanged(changed: readonly string[] | null): void {
    if (changed === null) this.cache.clear();
    else for (const org of changed) this.forget(org, null);
  }

  private serves({ answer }: Held): boolean {
    return answer === undefined || answer.expiresAt - this.now().getTime() / 1000 > MIN_REMAINING_S;
  }

  private remember(name: string, asked: Promise<AuthenticatedPrincipal>): Promise<AuthenticatedPrincipal> {
    const held: Held = { asked };
    this.cache.delete(name);
    this.cache.set(name, held);
    const oldest = this.cache.keys().next().value;
    if (this.cache.size > MAX_CACHED && oldest !== undefined) this.cache.delete(oldest);
    asked.then(
      (answer) => (held.answer = answer),
      () => {
        if (this.cache.get(name) === held) this.cache.delete(name);
      },
    );
    return asked;
  }

  private askControl(key: string, address: string): Promise<AuthenticatedPrincipal> {
    const nonce = randomBytes(32);
    const channel = new SealedChannel(this.keyring.sealKey(), this.keyring.sealKeyOf('control'));
    const bound = sha256(nonce);
    const sealed = channel.seal({ purpose: 'api-key', binding: bound, aad: bound }, Buffer.from(key, 'utf8'));
    channel.wipe();
    const request = { nonce: b64u(nonce), sealed: b64u(sealed), source: this.keyed(address) };
    return this.caller.call(VERBS.authenticate, request);
  }

  private keyed(text: string): string {
    return createHmac('sha256', this.processKey).update(text).digest('base64url');
  }
}
