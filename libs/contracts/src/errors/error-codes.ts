/** How one error code looks on each transport. */
export interface ErrorFaces {
  /** HTTP status, RFC 9110. */
  http: number;
  /** gRPC status code, google.rpc.Code. */
  grpc: number;
  /** JSON-RPC 2.0 error code; -32000..-32099 are implementation-defined. */
  jsonRpc: number;
  /** Short human title: the `title` of an RFC 9457 problem. */
  title: string;
  /** Whether the same request may succeed when it is sent again. */
  retryable: boolean;
}

const GRPC = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

const faces = (http: number, grpc: number, jsonRpc: number, title: string, retryable = false): ErrorFaces => ({
  http,
  grpc,
  jsonRpc,
  title,
  retryable,
});

/**
 * Code → HTTP, gRPC and JSON-RPC. `ErrorCode` is derived from this table, so a code without a row does not exist.
 * JSON-RPC: -32700..-32600 as in the JSON-RPC 2.0 specification, the rest in the range it leaves to implementations.
 */
export const ERROR_TABLE = {
  PARSE_ERROR: faces(400, GRPC.invalidArgument, -32700, 'The message is not valid JSON'),
  INVALID_REQUEST: faces(400, GRPC.invalidArgument, -32600, 'The request is malformed'),
  METHOD_NOT_FOUND: faces(404, GRPC.unimplemented, -32601, 'The method is not supported'),
  INVALID_ARGUMENT: faces(400, GRPC.invalidArgument, -32602, 'A value in the request is invalid'),
  INTERNAL: faces(500, GRPC.internal, -32603, 'Internal error'),
  UNAUTHENTICATED: faces(401, GRPC.unauthenticated, -32001, 'Authentication is required'),
  FORBIDDEN: faces(403, GRPC.permissionDenied, -32003, 'Not permitted'),
  DENIED_BY_POLICY: faces(403, GRPC.permissionDenied, -32010, 'Denied by policy'),
  APPROVAL_REQUIRED: faces(403, GRPC.failedPrecondition, -32011, 'Approval is required'),
  NOT_FOUND: faces(404, GRPC.notFound, -32002, 'Not found'),
  CONFLICT: faces(409, GRPC.aborted, -32009, 'The state has changed meanwhile', true),
  ALREADY_EXISTS: faces(409, GRPC.alreadyExists, -32012, 'It exists already'),
  FAILED_PRECONDITION: faces(412, GRPC.failedPrecondition, -32013, 'A precondition does not hold'),
  PAYLOAD_TOO_LARGE: faces(413, GRPC.resourceExhausted, -32014, 'The message is too large'),
  UNSUPPORTED_MEDIA_TYPE: faces(415, GRPC.invalidArgument, -32015, 'The content type is not supported'),
  RATE_LIMITED: faces(429, GRPC.resourceExhausted, -32016, 'Too many requests', true),
  FORBIDDEN_DESTINATION: faces(502, GRPC.failedPrecondition, -32020, 'The destination is not allowed'),
  UPSTREAM_UNREACHABLE: faces(502, GRPC.unavailable, -32021, 'The upstream server can not be reached', true),
  UPSTREAM_ERROR: faces(502, GRPC.unavailable, -32022, 'The upstream server answered badly'),
  DECRYPTION_FAILED: faces(500, GRPC.internal, -32030, 'The secret could not be opened'),
  KEY_UNAVAILABLE: faces(503, GRPC.unavailable, -32031, 'The key provider is not available', true),
  CREDENTIAL_MISSING: faces(409, GRPC.failedPrecondition, -32032, 'A credential is missing'),
  CREDENTIAL_SUSPENDED: faces(409, GRPC.failedPrecondition, -32033, 'A credential is suspended'),
  GRANT_CONSUMED: faces(409, GRPC.failedPrecondition, -32034, 'The grant has been used already'),
  AUDIT_UNAVAILABLE: faces(503, GRPC.unavailable, -32040, 'The call could not be recorded, so it was not made', true),
  OUTCOME_UNRECORDED: faces(500, GRPC.internal, -32041, 'The call may have been executed; its outcome is not recorded'),
  STALE: faces(503, GRPC.unavailable, -32042, 'The replica has not caught up', true),
  UNAVAILABLE: faces(503, GRPC.unavailable, -32050, 'A part of the system is not available', true),
  DEADLINE_EXCEEDED: faces(504, GRPC.deadlineExceeded, -32051, 'The deadline has passed', true),
} as const satisfies Record<string, ErrorFaces>;

export type ErrorCode = keyof typeof ERROR_TABLE;

export const ERROR_CODES = Object.keys(ERROR_TABLE) as ErrorCode[];
