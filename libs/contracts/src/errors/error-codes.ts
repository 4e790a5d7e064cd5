/** How one error code looks on each transport. */
export interface ErrorFaces {
  /** HTTP status, RFC 9110. */
  http: number;
  /** gRPC status code, google.rpc.Code. */
  grpc: number;
  /** JSON-RPC 2.0 error code. */
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

const faces = (http: number, grpc: number, jsonRpc: number, title: string): ErrorFaces => ({
  http,
  grpc,
  jsonRpc,
  title,
  retryable: false,
});

const retryable = (entry: ErrorFaces): ErrorFaces => ({ ...entry, retryable: true });

/**
 * Code → HTTP, gRPC and JSON-RPC. `ErrorCode` is derived from this table, so a code without a row does not exist.
 * JSON-RPC: the codes of JSON-RPC 2.0 and of MCP 2026-07-28 where they say the same; ours are -31xxx, outside the range
 * that JSON-RPC reserves (-32768..-32000), since MCP gives meanings to numbers in it: a client that got -32022 from us
 * would take it for an unsupported protocol version.
 */
export const ERROR_TABLE = {
  PARSE_ERROR: faces(400, GRPC.invalidArgument, -32700, 'The message is not valid JSON'),
  INVALID_REQUEST: faces(400, GRPC.invalidArgument, -32600, 'The request is malformed'),
  METHOD_NOT_FOUND: faces(404, GRPC.unimplemented, -32601, 'The method is not supported'),
  HEADER_MISMATCH: faces(400, GRPC.invalidArgument, -32020, 'Headers and body of the request disagree'),
  UNSUPPORTED_PROTOCOL_VERSION: faces(
    400,
    GRPC.failedPrecondition,
    -32022,
    'The protocol version is not supported',
  ),
  INVALID_ARGUMENT: faces(400, GRPC.invalidArgument, -32602, 'A value in the request is invalid'),
  INTERNAL: faces(500, GRPC.internal, -32603, 'Internal error'),
  UNAUTHENTICATED: faces(401, GRPC.unauthenticated, -31001, 'Authentication is required'),
  FORBIDDEN: faces(403, GRPC.permissionDenied, -31002, 'Not permitted'),
  DENIED_BY_POLICY: faces(403, GRPC.permissionDenied, -31003, 'Denied by policy'),
  APPROVAL_REQUIRED: faces(403, GRPC.failedPrecondition, -31004, 'Approval is required'),
  NOT_FOUND: faces(404, GRPC.notFound, -31005, 'Not found'),
  CONFLICT: retryable(faces(409, GRPC.aborted, -31006, 'The state has changed meanwhile')),
  ALREADY_EXISTS: faces(409, GRPC.alreadyExists, -31007, 'It exists already'),
  FAILED_PRECONDITION: faces(412, GRPC.failedPrecondition, -31008, 'A precondition does not hold'),
  PAYLOAD_TOO_LARGE: faces(413, GRPC.resourceExhausted, -31009, 'The message is too large'),
  UNSUPPORTED_MEDIA_TYPE: faces(415, GRPC.invalidArgument, -31010, 'The content type is not supported'),
  RATE_LIMITED: retryable(faces(429, GRPC.resourceExhausted, -31011, 'Too many requests')),
  FORBIDDEN_DESTINATION: faces(502, GRPC.failedPrecondition, -31012, 'The destination is not allowed'),
  UPSTREAM_UNREACHABLE: retryable(
    faces(502, GRPC.unavailable, -31013, 'The upstream server can not be reached'),
  ),
  UPSTREAM_ERROR: faces(502, GRPC.unavailable, -31014, 'The upstream server answered badly'),
  DECRYPTION_FAILED: faces(500, GRPC.internal, -31015, 'The secret could not be opened'),
  KEY_UNAVAILABLE: retryable(faces(503, GRPC.unavailable, -31016, 'The key provider is not available')),
  CREDENTIAL_MISSING: faces(409, GRPC.failedPrecondition, -31017, 'A credential is missing'),
  CREDENTIAL_SUSPENDED: faces(409, GRPC.failedPrecondition, -31018, 'A credential is suspended'),
  GRANT_CONSUMED: faces(409, GRPC.failedPrecondition, -31019, 'The grant has been used already'),
  AUDIT_UNAVAILABLE: retryable(
    faces(503, GRPC.unavailable, -31020, 'The call could not be recorded, so it was not made'),
  ),
  OUTCOME_UNRECORDED: faces(
    500,
    GRPC.internal,
    -31021,
    'The call may have been executed; its outcome is not recorded',
  ),
  STALE: retryable(faces(503, GRPC.unavailable, -31022, 'The replica has not caught up')),
  UNAVAILABLE: retryable(faces(503, GRPC.unavailable, -31023, 'A part of the system is not available')),
  DEADLINE_EXCEEDED: retryable(faces(504, GRPC.deadlineExceeded, -31024, 'The deadline has passed')),
  UNCONFIRMED: retryable(
    faces(503, GRPC.unavailable, -31025, 'The change is stored, but not confirmed to be in force everywhere'),
  ),
} as const satisfies Record<string, ErrorFaces>;

export type ErrorCode = keyof typeof ERROR_TABLE;

export const ERROR_CODES = Object.keys(ERROR_TABLE) as ErrorCode[];
