import { Client, credentials, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { healthService } from '../../src/grpc/policy-proto.js';

interface Health {
  status: string;
}

/** A probe: has no credential. */
export class HealthClient {
  readonly #client: Client;
  readonly #service = healthService;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  /** The serving status, or the gRPC code of the error. */
  check(service: string): Promise<string | number> {
    const { path, requestSerialize, responseDeserialize } = this.#service['Check']!;
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => Health,
        { service },
        (error: ServiceError | null, response) => resolve(error === null ? response!.status : error.code),
      );
    });
  }

  /** Every status that is told, in order, in a list that grows. */
  watch(service: string): { told: string[]; call: ClientReadableStream<Health> } {
    const { path, requestSerialize, responseDeserialize } = this.#service['Watch']!;
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => Health,
      { service },
    );
    const told: string[] = [];
    call.on('data', ({ status }: Health) => told.push(status));
    // It ends with the server, or by being cancelled.
    call.on('error', () => undefined);
    return { told, call };
  }

  close(): void {
    this.#client.close();
  }
}
