export { AppError, type AppErrorOptions } from './errors/app-error.js';
export { ERROR_CODES, ERROR_TABLE, type ErrorCode, type ErrorFaces } from './errors/error-codes.js';
export {
  errorBodySchema,
  fromErrorBody,
  toErrorBody,
  toJsonRpcError,
  toProblem,
  type ErrorBody,
} from './errors/error-body.js';
export { Secret } from './sensitive/secret.js';
