import {
  HINTS,
  REPLY_HEADER,
  REQUEST_HEADER,
  VERBS,
  type Keyring,
  type RenewLeaseReply,
  type RenewLeaseRequest,
} from '@portcullis/contracts';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { ServiceCallerAuthenticator, type AnyVerb } from '../messaging/caller-authenticator.js';

/** Control's part in the barrier, for tests of one service alone: authenticated like the real one, state in memory. */
export class LeaseGrantor {
  /** Silent: as if control were not there. */
  mode: 'granting' | 'silent' = 'granting';
  readonly renewals: (RenewLeaseRequest & { by: string })[] = [];
  private readonly epochs = new Map<string, number>();
  private readonly leases = new Map<string, { told: number; acknowledged: number }>();
  private position = 0;
  private readonly authenticator: ServiceCallerAuthenticator;

  constructor(
    private readonly connection: NatsConnection,
    keyring: Keyring,
  ) {
    this.authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
    this.serve(VERBS.renewLease as unknown as AnyVerb, (request, by) =>
      this.renew(request as RenewLeaseRequest, by),
    );
    this.serve(VERBS.releaseLease as unknown as AnyVerb, (request) => {
      this.leases.delete((request as { replica: string }).replica);
      return {};
    });
  }

  /** Organisations have changed; `hint: false`: and nobody hears of it. Gives the position to be acknowledged. */
  change(orgs: readonly string[], { hint = true } = {}): number {
    for (const org of orgs) this.epochs.set(org, (this.position += 1));
    if (hint) this.connection.publish(HINTS.changed.subject);
    return this.position;
  }

  /** What every live replica has acknowledged. */
  get acknowledged(): number {
    return Math.min(...[...this.leases.values()].map((lease) => lease.acknowledged));
  }

  get replicas(): number {
    return this.leases.size;
  }

  /** Control forgets the replicas, as it does with those whose lease has lapsed. */
  forget(): void {
    this.leases.clear();
  }

  private renew({ replica, acknowledged }: RenewLeaseRequest, by: string): RenewLeaseReply {
    this.renewals.push({ replica, acknowledged, by });
    const told = this.leases.get(replica)?.told;
    const { position } = this;
    this.leases.set(replica, { told: position, acknowledged: acknowledged ?? -1 });
    const changed = [...this.epochs].filter(([, epoch]) => epoch > (acknowledged ?? -1)).map(([org]) => org);
    return {
      position,
      changed: acknowledged === null ? null : changed,
      extended: told !== undefined && acknowledged !== null && acknowledged >= told,
    };
  }

  private serve(verb: AnyVerb, handle: (request: unknown, by: string) => unknown): void {
    const answer = (message: Msg): void => {
      const token = message.headers?.get(REQUEST_HEADER) ?? '';
      const { caller, signReply } = this.authenticator.authenticate(verb, message.data, token);
      const request = verb.request.parse(JSON.parse(message.string()));
      const body = Buffer.from(JSON.stringify(verb.reply.parse(handle(request, caller.id))), 'utf8');
      const reply = headers();
      reply.set(REPLY_HEADER, signReply(body));
      message.respond(body, { headers: reply });
    };
    this.connection.subscribe(verb.subject, {
      queue: verb.callee,
      callback: (error, message) => {
        if (!error && this.mode === 'granting') answer(message);
      },
    });
  }
}
