import {
  AppError,
  fromB64u,
  generateApiKey,
  generateReplyKey,
  issueToken,
  newId,
  SealedChannel,
  sha256,
  VERBS,
  b64u,
  type AuthenticateReply,
  type AuthenticateRequest,
  type Injection,
  type Keyring,
  type Principal,
  type ServerEndpoint,
} from '@portcullis/contracts';
import { LeaseGrantor } from '@portcullis/platform/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { VerbResponder } from './verb-responder.js';

export interface TestMember {
  key: string;
  principal: Principal;
}

/** Stands for control: API keys in clear, servers by organisation, real assertions. */
export class ControlStandIn {
  readonly servers = new Map<string, ServerEndpoint[]>();
  readonly authenticate: VerbResponder<AuthenticateRequest, AuthenticateReply>;
  readonly directory: VerbResponder<{ org: string }, { servers: ServerEndpoint[] }>;
  readonly leases: LeaseGrantor;
  /** Of every key that was presented: hashes of the address it came from, as the gateway makes them. */
  readonly sources: string[] = [];
  private readonly members = new Map<string, Principal>();

  constructor(
    connection: NatsConnection,
    private readonly keyring: Keyring,
  ) {
    this.authenticate = new VerbResponder(connection, keyring, VERBS.authenticate, (request) =>
      this.recognise(request),
    );
    this.leases = new LeaseGrantor(connection, keyring);
    this.directory = new VerbResponder(connection, keyring, VERBS.directory, ({ org }) => ({
      servers: this.servers.get(org) ?? [],
    }));
  }

  addMember(org: string): TestMember {
    const { keyId, key } = generateApiKey();
    const principal: Principal = {
      org,
      sub: newId(),
      kind: 'user',
      client: null,
      agent: null,
      scopes: [],
      sid: keyId,
      gen: 0,
      // Nobody opens these boxes here: any X25519 key will do.
      subjectKey: { keyId: newId(), publicKey: b64u(generateReplyKey().publicKey) },
    };
    this.members.set(key.revealText(), principal);
    return { key: key.revealText(), principal };
  }

  addServer(org: string, server: { slug: string; url: string; slots?: Injection[] }): ServerEndpoint {
    const { slug, url, slots = [] } = server;
    const endpoint = { srv: newId(), slug, name: slug, url, dst: new URL(url).origin, slots };
    this.servers.set(org, [...(this.servers.get(org) ?? []), endpoint]);
    return endpoint;
  }

  reset(): void {
    this.authenticate.reset();
    this.directory.reset();
    this.leases.mode = 'granting';
  }

  private recognise({ nonce, sealed, source }: AuthenticateRequest): AuthenticateReply {
    this.sources.push(source);
    const channel = new SealedChannel(this.keyring.sealKey(), this.keyring.sealKeyOf('gateway'));
    const binding = sha256(fromB64u(nonce));
    const key = channel.open({ purpose: 'api-key', binding, aad: binding }, fromB64u(sealed)).revealText();
    const principal = this.members.get(key);
    if (principal === undefined) throw new AppError('UNAUTHENTICATED', 'The API key is unknown.');
    const { org, sub, kind, client, agent, scopes, sid, gen } = principal;
    const assertion = issueToken(this.keyring, 'pc-principal+jwt', 'policy', {
      org,
      sub,
      kind,
      act: { client, agent },
      scopes,
      sid,
      gen,
      amr: ['swk'],
    });
    return { principal, assertion, expiresAt: Math.floor(Date.now() / 1000) + 60 };
  }
}
