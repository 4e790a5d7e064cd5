import {
  appendRequestSchema,
  recordedRequestSchema,
  REPLY_HEADER,
  REQUEST_HEADER,
  VERBS,
  type AppendReply,
  type FactEntry,
  type Keyring,
  type RecordedReply,
} from '@portcullis/contracts';
import { ServiceCallerAuthenticator, type AnyVerb } from '@portcullis/platform';
import { headers, type NatsConnection } from '@nats-io/transport-node';

/** Answers `audit.v1.append` as audit does: authenticated both ways, each record id once. Can be told to refuse. */
export class AuditStandIn {
  readonly facts = new Map<string, FactEntry>();
  /** How many times facts have arrived, repetitions included. */
  received = 0;
  refusing = false;
  /** Records, and the answer is lost on its way. */
  losingAnswers = false;
  /** Answers nobody which records there are. */
  silentAboutRecords = false;

  constructor(connection: NatsConnection, keyring: Keyring) {
    const authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
    const serve = (verb: (typeof VERBS)['append' | 'recorded'], answer: (request: unknown) => object) =>
      connection.subscribe(verb.subject, {
        queue: 'audit',
        callback: (_error, message) => {
          const token = message.headers?.get(REQUEST_HEADER) ?? '';
          const { signReply } = authenticator.authenticate(verb as unknown as AnyVerb, message.data, token);
          const body = Buffer.from(JSON.stringify(answer(JSON.parse(message.string()))));
          const out = headers();
          out.set(REPLY_HEADER, signReply(body));
          if (this.losingAnswers) message.respond('');
          else message.respond(body, { headers: out });
        },
      });
    serve(VERBS.append, (request) => this.append(request));
    serve(VERBS.recorded, (request) => this.recorded(request));
  }

  of(action: string): FactEntry[] {
    return [...this.facts.values()].filter((fact) => fact.action === action);
  }

  private recorded(request: unknown): RecordedReply {
    const { recordIds } = recordedRequestSchema.parse(request);
    if (this.silentAboutRecords) return { recorded: [] };
    return { recorded: recordIds.map((id) => this.facts.has(id)) };
  }

  private append(request: unknown): AppendReply {
    const { entries } = appendRequestSchema.parse(request);
    const results = entries.map((entry): AppendReply['results'][number] => {
      this.received += 1;
      const { recordId } = entry;
      if (this.refusing) return { status: 'refused', recordId, code: 'UNAVAILABLE', message: 'not now' };
      if (entry.kind === 'fact') this.facts.set(recordId, entry);
      return { status: 'recorded', recordId, stream: 'audit', revision: this.facts.size, receipt: null };
    });
    return { results };
  }
}
