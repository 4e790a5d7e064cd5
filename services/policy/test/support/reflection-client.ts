import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Client, credentials, loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader';

const PROTO = join(
  createRequire(import.meta.url).resolve('@grpc/reflection'),
  '../../proto/grpc/reflection/v1/reflection.proto',
);

interface Response {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
  errorResponse?: { errorMessage: string };
}

/** What a tool such as grpcurl knows of a server: only what the server says of itself. */
export class ReflectionClient {
  readonly #client: Client;
  readonly #method;

  constructor(address: string) {
    const loaded = loadPackageDefinition(loadSync(PROTO)) as unknown as {
      grpc: { reflection: { v1: { ServerReflection: { service: ServiceDefinition } } } };
    };
    this.#method = loaded.grpc.reflection.v1.ServerReflection.service['ServerReflectionInfo']!;
    this.#client = new Client(address, credentials.createInsecure());
  }

  async services(): Promise<string[]> {
    const { listServicesResponse } = await this.#ask({ listServices: '' });
    return listServicesResponse!.service.map(({ name }) => name).sort();
  }

  /** The definitions of everything in the file of a symbol, made of nothing but its descriptors. */
  async describe(symbol: string): Promise<PackageDefinition> {
    const { fileDescriptorResponse, errorResponse } = await this.#ask({ fileContainingSymbol: symbol });
    if (errorResponse) throw new Error(errorResponse.errorMessage);
    const files = fileDescriptorResponse!.fileDescriptorProto.map((file) => [
      Buffer.from([0x0a]),
      varint(file.length),
      file,
    ]);
    return loadFileDescriptorSetFromBuffer(Buffer.concat(files.flat()), {
      longs: String,
      enums: String,
      defaults: true,
      oneofs: true,
    });
  }

  #ask(request: object): Promise<Response> {
    const { path, requestSerialize, responseDeserialize } = this.#method;
    const call = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => Response,
    );
    return new Promise((resolve, reject) => {
      call.once('data', (response: Response) => {
        resolve(response);
        call.end();
      });
      call.once('error', reject);
      call.write(request);
    });
  }

  close(): void {
    this.#client.close();
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}
