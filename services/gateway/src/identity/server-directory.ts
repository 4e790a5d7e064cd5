import { AppError, VERBS, type ServerEndpoint, type VerbCaller } from '@portcullis/contracts';

/** How long the servers of an organisation are remembered when nothing changes. */
const KEEP_MS = 30_000;
const MAX_ORGANISATIONS = 2000;

interface Held {
  servers: Promise<readonly ServerEndpoint[]>;
  until: number;
}

/**
 * Step 2 of a call: slug → endpoint, among the caller's own organisation only. An endpoint that is out of date can't
 * misdirect a credential: the grant names the destination that policy knows, and the vault's secret is bound to it.
 */
export class ServerDirectory {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly caller: VerbCaller,
    private readonly now: () => number = Date.now,
  ) {}

  async servers(org: string): Promise<readonly ServerEndpoint[]> {
    const known = this.held.get(org);
    if (known !== undefined && known.until > this.now()) return known.servers;
    const servers = this.caller.call(VERBS.directory, { org }).then((reply) => reply.servers);
    const held = { servers, until: this.now() + KEEP_MS };
    this.held.delete(org);
    this.held.set(org, held);
    const oldest = this.held.keys().next().value;
    if (this.held.size > MAX_ORGANISATIONS && oldest !== undefined) this.held.delete(oldest);
    servers.catch(() => {
      if (this.held.get(org) === held) this.held.delete(org);
    });
    return servers;
  }

  /**
   * @throws AppError `FORBIDDEN` for a slug of another organisation and for one of nobody alike: an outsider does not
   * learn which slugs exist.
   */
  async resolve(org: string, slug: string): Promise<ServerEndpoint> {
    const find = async () => (await this.servers(org)).find((server) => server.slug === slug);
    const found = (await find()) ?? (await this.again(org, find));
    if (found !== undefined) return found;
    throw new AppError('FORBIDDEN', 'Your organisation has no server of this name.');
  }

  forget(org: string): void {
    this.held.delete(org);
  }

  /** Servers of these organisations, or of all (null), are asked for anew. */
  forgetChanged(changed: readonly string[] | null): void {
    if (changed === null) this.held.clear();
    else for (const org of changed) this.forget(org);
  }

  /** A server may have been connected a moment ago, and its admin not been answered yet; asked at most once a second. */
  private async again<T>(org: string, find: () => Promise<T>): Promise<T | undefined> {
    const known = this.held.get(org);
    if (known === undefined || known.until - this.now() > KEEP_MS - 1000) return undefined;
    this.forget(org);
    return find();
  }
}
