import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { ERROR_TABLE, toErrorBody } from '@portcullis/contracts';

/** Trailer with our own code, since several share one gRPC status. */
export const ERROR_CODE_TRAILER = 'portcullis-error-code';

/** Whatever was thrown as a gRPC status, by the one table of codes; what is unknown is INTERNAL with a fixed text. */
export function toServiceError(thrown: unknown): Partial<ServiceError> {
  const { error } = toErrorBody(thrown);
  const metadata = new Metadata();
  metadata.set(ERROR_CODE_TRAILER, error.code);
  return { code: ERROR_TABLE[error.code].grpc, details: error.message, metadata };
}
