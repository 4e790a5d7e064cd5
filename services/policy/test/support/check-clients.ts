import {
  AppError,
  decisionSchema,
  errorBodySchema,
  fromErrorBody,
  hpkeOpen,
  fromB64u,
  canonicalBytes,
  parseIJson,
  REPLY_HEADER,
  REQUEST_HEADER,
  signClientRequest,
  verifyClientReply,
  VERBS,
  type CheckRequest,
  type Decision,
  type Keyring,
  type PolicyCommandReply,
  type Secret,
} from '@portcullis/contracts';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { ERROR_CODE_TRAILER } from '../../src/grpc/grpc-error.js';
import { policyService } from '../../src/grpc/policy-proto.js';

/** What control does with the token of a new policy client. */
export function openClientToken(control: Keyring, org: string, reply: PolicyCommandReply): Secret {
  const { client, enc, ciphertext } = reply.clientTokens[0]!;
  return hpkeOpen({
    recipientPrivateKey: control.sealKey().privateKey,
    enc: fromB64u(enc),
    info: 'portcullis/v1/policy-client-token',
    aad: canonicalBytes({ client, org }),
    ciphertext: fromB64u(ciphertext),
  });
}

/** An internal tool over NATS: signs its request, believes only the answer to it. */
export async function checkOverNats(
  tool: NatsConnection,
  token: Secret,
  request: unknown,
): Promise<Decision> {
  const body = Buffer.from(JSON.stringify(request), 'utf8');
  const requestHeaders = headers();
  const signed = signClientRequest(token, VERBS.check.subject, body);
  requestHeaders.set(REQUEST_HEADER, signed);
  const answer = await tool.request(VERBS.check.subject, body, { timeout: 3000, headers: requestHeaders });
  const value = parseIJson(answer.data);
  const error = errorBodySchema.safeParse(value);
  const replyToken = answer.headers?.get(REPLY_HEADER);
  if (error.success && !replyToken) throw fromErrorBody(error.data);
  verifyClientReply(token, { request: signed, body: answer.data, jws: replyToken ?? '' });
  if (error.success) throw fromErrorBody(error.data);
  return decisionSchema.parse(value);
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function toValue(value: Json): object {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value) };
}

export const toStruct = (value: { [key: string]: Json }): object => ({
  fields: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toValue(item)])),
});

/** The message that an internal tool sends over gRPC for the same question. */
export function toGrpcRequest(request: CheckRequest): object {
  return {
    principal: { user: request.principal },
    operation: `OPERATION_${request.operation.toUpperCase().replace('.', '_')}`,
    server: request.server,
    ...(request.tool === null ? {} : { tool: request.tool }),
    ...(request.arguments === null
      ? {}
      : { arguments: toStruct(request.arguments as { [key: string]: Json }) }),
    context: request.context,
  };
}

interface GrpcDecision {
  effect: string;
  decision_id: string;
  revision: string;
  policy_digest: string;
  rule: string;
  label: string;
  reasons: { code: string; rule?: string; message: string }[];
  message: string;
}

function fromGrpcDecision(decision: GrpcDecision): Decision {
  return decisionSchema.parse({
    decision: decision.effect.replace('EFFECT_', '').toLowerCase(),
    decisionId: decision.decision_id,
    revision: Number(decision.revision),
    policyDigest: decision.policy_digest,
    rule: decision.rule,
    label: decision.label === 'LABEL_UNSPECIFIED' ? null : decision.label.replace('LABEL_', '').toLowerCase(),
    reasons: decision.reasons.map(({ code, rule, message }) => ({ code, rule: rule ?? null, message })),
    message: decision.message,
  });
}

/** An internal tool over gRPC. Rejects with grpc-js's ServiceError. */
export class GrpcChecker {
  readonly #client: Client;
  readonly #method = policyService()['Check']!;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  send(message: object, authorization: string[], deadlineMs = 3000): Promise<Decision> {
    const metadata = new Metadata();
    for (const value of authorization) metadata.add('authorization', value);
    const { path, requestSerialize, responseDeserialize } = this.#method;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => { decision: GrpcDecision },
        message,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null, response) =>
          error === null ? resolve(fromGrpcDecision(response!.decision)) : reject(error),
      );
    });
  }

  async check(token: Secret, request: CheckRequest): Promise<Decision> {
    try {
      return await this.send(toGrpcRequest(request), [`Bearer ${token.revealText()}`]);
    } catch (error) {
      const { details, metadata } = error as ServiceError;
      throw new AppError(metadata.get(ERROR_CODE_TRAILER)[0] as never, details, { cause: error });
    }
  }

  close(): void {
    this.#client.close();
  }
}
