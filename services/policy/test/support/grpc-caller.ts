import {
  AppError,
  type CheckItem,
  type CheckManyReply,
  type CheckRequest,
  type Decision,
  type ExplainReply,
  type ListAllowedReply,
  type ListAllowedRequest,
  type Secret,
} from '@portcullis/contracts';
import { Client, credentials, Metadata, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { ERROR_CODE_TRAILER } from '../../src/grpc/grpc-error.js';
import { policyService } from '../../src/grpc/policy-proto.js';
import {
  fromGrpcCheck,
  fromGrpcCheckMany,
  fromGrpcExplain,
  fromGrpcList,
  toGrpcCheck,
  toGrpcCheckMany,
  toGrpcList,
} from './grpc-messages.js';

export type Method = 'Check' | 'CheckMany' | 'ListAllowed' | 'Explain';

/** An internal tool over gRPC. */
export class GrpcCaller {
  readonly #client: Client;
  readonly #service = policyService;

  constructor(address: string, channel: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(address, channel);
  }

  /** Rejects with grpc-js's ServiceError. */
  send(method: Method, message: object, authorization: string[], deadlineMs = 3000): Promise<object> {
    const metadata = new Metadata();
    for (const value of authorization) metadata.add('authorization', value);
    const { path, requestSerialize, responseDeserialize } = this.#service[method]!;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => object,
        message,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null, response) => (error === null ? resolve(response!) : reject(error)),
      );
    });
  }

  check = async (token: Secret, request: CheckRequest): Promise<Decision> =>
    fromGrpcCheck(await this.#ask('Check', token, toGrpcCheck(request)));

  checkMany = async (token: Secret, items: CheckItem[], atLeastRevision?: number): Promise<CheckManyReply> =>
    fromGrpcCheckMany(await this.#ask('CheckMany', token, toGrpcCheckMany(items, atLeastRevision)));

  listAllowed = async (token: Secret, request: ListAllowedRequest): Promise<ListAllowedReply> =>
    fromGrpcList(await this.#ask('ListAllowed', token, toGrpcList(request)));

  explain = async (token: Secret, request: CheckRequest): Promise<ExplainReply> =>
    fromGrpcExplain(await this.#ask('Explain', token, toGrpcCheck(request)));

  /** Rejects with our own code. */
  async #ask(method: Method, token: Secret, message: object): Promise<object> {
    try {
      return await this.send(method, message, [`Bearer ${token.revealText()}`]);
    } catch (error) {
      const { details, metadata } = error as ServiceError;
      throw new AppError(metadata.get(ERROR_CODE_TRAILER)[0] as never, details, { cause: error });
    }
  }

  close(): void {
    this.#client.close();
  }
}
