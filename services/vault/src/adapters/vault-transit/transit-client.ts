import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { z } from 'zod';
import { KeyFault } from '../../remote-calls/key-fault.js';
import { transitFault } from './transit-faults.js';
import { vaultTransport } from './transit-http.js';

export interface VaultServer {
  /** `https://host:port`; `http:` on loopback only, which configuration has checked. */
  readonly address: string;
  readonly namespace: string | null;
  /** Certificates (PEM) of the authorities that its own must be from; null: those that Node knows. */
  readonly ca: string | null;
  /** Connections that are kept open. */
  readonly connections: number;
}

export interface VaultCall {
  readonly token: string | null;
  readonly signal: AbortSignal;
}

/** As much of node-vault's client as is used. */
interface NodeVaultClient {
  token: string | undefined;
  namespace: string | undefined;
  pathPrefix: string;
  endpoint: string;
  read(path: string, options: object): Promise<unknown>;
  write(path: string, data: object, options: object): Promise<unknown>;
}

/** Calls of HashiCorp Vault's or OpenBao's HTTP API. Every answer is checked against its schema. */
export class TransitClient {
  private constructor(
    private readonly client: NodeVaultClient,
    private readonly agent: HttpAgent | HttpsAgent,
  ) {}

  static async connect(server: VaultServer): Promise<TransitClient> {
    const { default: nodeVault } = await import('node-vault');
    const options = { keepAlive: true, maxSockets: server.connections };
    const agent = server.address.startsWith('https:')
      ? new HttpsAgent({
          ...options,
          minVersion: 'TLSv1.2',
          ...(server.ca === null ? {} : { ca: server.ca }),
        })
      : new HttpAgent(options);
    const client = nodeVault({
      endpoint: server.address,
      'request-promise': { defaults: () => vaultTransport(agent) },
      // Its own prints whatever is written, keys included, when DEBUG says so.
      debug: () => undefined,
    }) as unknown as NodeVaultClient;
    // It has filled these from VAULT_* variables, which are for people's shells: another address, another token.
    client.endpoint = server.address;
    client.token = undefined;
    client.namespace = server.namespace ?? undefined;
    client.pathPrefix = '';
    return new TransitClient(client, agent);
  }

  /** @throws KeyFault */
  get<T>(path: string, schema: z.ZodType<T>, call: VaultCall): Promise<T> {
    return checked(schema, this.client.read(path, options(call)));
  }

  /** @throws KeyFault */
  post<T>(path: string, body: object, schema: z.ZodType<T>, call: VaultCall): Promise<T> {
    return checked(schema, this.client.write(path, body, options(call)));
  }

  close(): void {
    this.agent.destroy();
  }
}

const options = ({ token, signal }: VaultCall) => ({
  signal,
  headers: { 'X-Vault-Request': 'true', ...(token === null ? {} : { 'X-Vault-Token': token }) },
});

async function checked<T>(schema: z.ZodType<T>, work: Promise<unknown>): Promise<T> {
  const parsed = schema.safeParse(await work.catch(rethrown));
  if (parsed.success) return parsed.data;
  throw new KeyFault('garbled');
}

/** What the server says in words decides the reason and goes no further. */
function rethrown(error: unknown): never {
  const response = (error as { response?: { statusCode?: number; body?: unknown } }).response;
  if (response?.statusCode === undefined) throw error;
  const { errors } = (response.body ?? {}) as { errors?: unknown };
  const words = Array.isArray(errors) ? errors.filter((it) => typeof it === 'string') : [];
  throw new KeyFault(transitFault(response.statusCode, words), String(response.statusCode));
}
