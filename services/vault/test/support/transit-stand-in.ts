import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FaultyServer, readBody, type Trouble } from './faulty-server.js';
import { BadRequest, TransitKeyStandIn, type TransitKeyOptions } from './transit-keys.js';

interface IssuedToken {
  readonly policy: Policy;
  readonly renewable: boolean;
  /** Milliseconds since the epoch; Infinity: it does not end. */
  endsAt: number;
}

/** Capabilities by path. */
type Policy = ReadonlyMap<string, readonly string[]>;
type Fields = Readonly<Record<string, unknown>>;

/** An answer of the server other than its data. */
class Answer extends Error {
  constructor(
    readonly status: number,
    readonly errors: readonly string[],
  ) {
    super(`${status}`);
  }
}

const DENIED = new Answer(403, ['permission denied']);
const text = (fields: Fields, name: string): string => String(fields[name] ?? '');

/**
 * As much of HashiCorp Vault's HTTP API (OpenBao's is the same) as the transit key provider speaks, with its status codes and
 * words: transit, AppRole, Kubernetes and token login, policies by path and capability, namespaces, sealing.
 */
export class TransitStandIn {
  readonly keys = new Map<string, TransitKeyStandIn>();
  readonly tokens = new Map<string, IssuedToken>();
  readonly roleId = randomUUID();
  secretId: string = randomUUID();
  /** Of the pod, as the cluster would sign it. */
  jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(randomUUID()).toString('base64url')}.c2ln`;
  /** Seconds; 0: tokens don't end. */
  tokenTtl = 3600;
  renewable = true;
  /** Seconds a renewed token gets; undefined: as many as a new one. */
  renewedTtl: number | undefined;
  logins = 0;
  renewals = 0;
  private granted: Policy = new Map();
  private sealed = false;

  private constructor(
    private readonly namespace: string,
    readonly server: FaultyServer,
  ) {}

  static async start(
    options: { namespace?: string; tls?: { key: string; cert: string } } = {},
  ): Promise<TransitStandIn> {
    const server = await FaultyServer.start((request, response) => {
      void standIn.answer(request, response);
    }, options.tls);
    const standIn = new TransitStandIn(options.namespace ?? '', server);
    return standIn;
  }

  get url(): string {
    return this.server.url;
  }

  createKey(name: string, options?: TransitKeyOptions): TransitKeyStandIn {
    const key = new TransitKeyStandIn(name, options);
    this.keys.set(name, key);
    return key;
  }

  key(name: string): TransitKeyStandIn {
    const key = this.keys.get(name);
    if (key === undefined) throw new Error(`no key ${name}`);
    return key;
  }

  /** As HCL: the policy of every token that is issued from now on. */
  grant(hcl: string): void {
    this.granted = parsePolicy(hcl);
  }

  issueToken(): string {
    const token = `hvs.${randomUUID().replaceAll('-', '')}`;
    const endsAt = this.tokenTtl === 0 ? Infinity : Date.now() + this.tokenTtl * 1000;
    this.tokens.set(token, { policy: this.granted, renewable: this.renewable, endsAt });
    return token;
  }

  revokeAll(): void {
    this.tokens.clear();
  }

  seal(): void {
    this.sealed = true;
  }

  unseal(): void {
    this.sealed = false;
  }

  trouble(...troubles: Trouble[]): void {
    this.server.next(...troubles);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    try {
      const data = this.handle(request, body);
      if (data === null) return void response.writeHead(204).end();
      const answer = { request_id: randomUUID(), lease_id: '', renewable: false, lease_duration: 0, ...data };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    } catch (error) {
      const { status, errors } =
        error instanceof Answer ? error : { status: 400, errors: [(error as Error).message] };
      if (!(error instanceof Answer) && !(error instanceof BadRequest)) throw error;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
    }
  }

  private handle(request: IncomingMessage, body: Buffer): object | null {
    if (this.sealed) throw new Answer(503, ['Vault is sealed']);
    const path = (request.url ?? '').replace(/^\/v1\//, '');
    if ((request.headers['x-vault-namespace'] ?? '') !== this.namespace) throw noRoute(path);
    const fields = (body.byteLength === 0 ? {} : JSON.parse(body.toString('utf8'))) as Fields;
    if (/^auth\/.*\/login$/.test(path)) return this.logIn(path, fields);
    const token = String(request.headers['x-vault-token']);
    const issued = this.accepted(token);
    const capabilities = issued.policy.get(path) ?? [];
    if (!capabilities.includes(capabilityFor(request.method))) throw DENIED;
    if (path.startsWith('auth/token/')) return this.ofToken(path, token, issued);
    return { data: this.transit(path, fields, capabilities) };
  }

  private accepted(token: string): IssuedToken {
    const issued = this.tokens.get(token);
    if (issued !== undefined && Date.now() < issued.endsAt) return issued;
    throw new Answer(403, ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n']);
  }

  private logIn(path: string, fields: Fields): object {
    const [, mount] = path.split('/');
    if (mount === 'approle') {
      if (text(fields, 'role_id') !== this.roleId || text(fields, 'secret_id') !== this.secretId)
        throw new Answer(400, ['invalid role or secret ID']);
    } else if (mount === 'kubernetes') {
      if (text(fields, 'jwt') !== this.jwt || text(fields, 'role') !== 'portcullis') throw DENIED;
    } else throw noRoute(path);
    this.logins += 1;
    return this.auth(this.issueToken());
  }

  private ofToken(path: string, token: string, issued: IssuedToken): object | null {
    if (path === 'auth/token/revoke-self') {
      this.tokens.delete(token);
      return null;
    }
    if (path === 'auth/token/renew-self') {
      if (!issued.renewable) throw new Answer(400, ['lease is not renewable']);
      this.renewals += 1;
      issued.endsAt = Date.now() + (this.renewedTtl ?? this.tokenTtl) * 1000;
      return this.auth(token);
    }
    return { data: { id: token, ttl: secondsLeft(issued), renewable: issued.renewable } };
  }

  private auth(token: string): object {
    const issued = this.tokens.get(token);
    if (issued === undefined) throw DENIED;
    const { renewable } = issued;
    return { data: null, auth: { client_token: token, lease_duration: secondsLeft(issued), renewable } };
  }

  /** To encrypt under a key that is not there is to create it. */
  private sealingKey(name: string, capabilities: readonly string[]): TransitKeyStandIn {
    const key = this.keys.get(name);
    if (key === undefined && !capabilities.includes('create')) throw DENIED;
    return key ?? this.createKey(name);
  }

  private transit(path: string, fields: Fields, capabilities: readonly string[]): object {
    const [, operation, name = ''] = /^transit\/(\w+)\/([\w-]+)$/.exec(path) ?? [];
    const key = this.keys.get(name);
    const context = text(fields, 'context');
    switch (operation) {
      case 'keys':
        if (key === undefined) throw new Answer(404, []);
        return key.describe();
      case 'encrypt':
        return this.sealingKey(name, capabilities).encrypt(text(fields, 'plaintext'), context);
      case 'decrypt':
        return { plaintext: found(key).decrypt(text(fields, 'ciphertext'), context) };
      case 'rewrap':
        return found(key).encrypt(found(key).decrypt(text(fields, 'ciphertext'), context), context);
      default:
        throw noRoute(path);
    }
  }
}

const noRoute = (path: string): Answer =>
  new Answer(404, [`no handler for route "${path}". route entry not found.`]);

function found(key: TransitKeyStandIn | undefined): TransitKeyStandIn {
  if (key === undefined) throw new Answer(400, ['encryption key not found']);
  return key;
}

function capabilityFor(method: string | undefined): string {
  if (method === 'GET') return 'read';
  if (method === 'POST' || method === 'PUT') return 'update';
  throw new Answer(405, ['unsupported operation']);
}

const secondsLeft = ({ endsAt }: IssuedToken): number =>
  endsAt === Infinity ? 0 : Math.max(1, Math.round((endsAt - Date.now()) / 1000));

function parsePolicy(hcl: string): Policy {
  const rules = hcl.matchAll(/^path "([^"]+)" \{\s*capabilities = \[([^\]]*)\]\s*\}/gm);
  return new Map(
    [...rules].map(([, path = '', list = '']) => [
      path,
      [...list.matchAll(/"(\w+)"/g)].map(([, it = '']) => it),
    ]),
  );
}
