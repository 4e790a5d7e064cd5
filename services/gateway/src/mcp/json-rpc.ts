import { AppError, toJsonRpcError, type JsonValue } from '@portcullis/contracts';
import { currentCorrelation } from '@portcullis/platform';
import { z } from 'zod';

export type JsonObject = Record<string, JsonValue>;
export type RequestId = string | number;

const idSchema = z.union([z.string().max(256), z.int()]);
const paramsSchema = z.record(z.string(), z.json()).optional();

const requestSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: idSchema,
  method: z.string().min(1).max(128),
  params: paramsSchema,
});
const notificationSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  method: z.string().min(1).max(128),
  params: paramsSchema,
});

export interface RpcRequest {
  kind: 'request';
  id: RequestId;
  method: string;
  params: JsonObject;
}

export interface RpcNotification {
  kind: 'notification';
  method: string;
  params: JsonObject;
}

/**
 * One JSON-RPC 2.0 message of a client. Batches left MCP with 2025-06-18; they and answers (which belong to requests of
 * servers, not served yet) are refused.
 *
 * @throws AppError `INVALID_REQUEST`
 */
export function readMessage(value: JsonValue): RpcRequest | RpcNotification {
  if (Array.isArray(value))
    throw new AppError(
      'INVALID_REQUEST',
      'JSON-RPC batches are not supported. Send one message per request.',
    );
  const request = requestSchema.safeParse(value);
  if (request.success)
    return {
      kind: 'request',
      id: request.data.id,
      method: request.data.method,
      params: request.data.params ?? {},
    };
  const notification = notificationSchema.safeParse(value);
  if (notification.success)
    return { kind: 'notification', method: notification.data.method, params: notification.data.params ?? {} };
  throw new AppError('INVALID_REQUEST', 'The body is not a JSON-RPC 2.0 request or notification.');
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const resultText = (id: RequestId, result: JsonObject): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result });

/**
 * The JSON-RPC error object of whatever was thrown, as text; what is unknown becomes a fixed text. `data.correlationId` is
 * what the log lines of the request carry.
 */
export function errorText(id: RequestId | null, thrown: unknown): string {
  const { data, ...error } = toJsonRpcError(thrown);
  const { correlationId } = currentCorrelation() ?? {};
  return JSON.stringify({ jsonrpc: '2.0', id, error: { ...error, data: { ...data, correlationId } } });
}
