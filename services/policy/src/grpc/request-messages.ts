import {
  AppError,
  checkItemSchema,
  checkManyRequestSchema,
  checkRequestSchema,
  listAllowedRequestSchema,
  validated,
  type CheckManyRequest,
  type CheckRequest,
  type ListAllowedRequest,
} from '@portcullis/contracts';
import type { z } from 'zod';
import { structToJson, type ProtoStruct } from '../check/struct.js';

interface ProtoContext {
  protocol?: string;
  transport?: string;
  ip?: string;
}

/** `portcullis.policy.v1.CheckRequest` as proto-loader gives it. */
export interface ProtoCheckRequest {
  principal: { user: string } | null;
  /** A number where the decoder does not know the name. */
  operation: string | number;
  server: string;
  tool?: string;
  arguments: ProtoStruct | null;
  context: ProtoContext | null;
  at_least_revision?: string;
}

export interface ProtoCheckManyRequest {
  items: ProtoCheckRequest[];
  at_least_revision?: string;
}

export interface ProtoListAllowedRequest {
  principal: { user: string } | null;
  server?: string;
  context: ProtoContext | null;
  page_size: number;
  continuation?: string;
  at_least_revision?: string;
}

const OPERATION_PREFIX = 'OPERATION_';

const operationName = (operation: string | number): string =>
  String(operation).slice(OPERATION_PREFIX.length).toLowerCase().replace('_', '.');

/** @throws AppError INVALID_ARGUMENT naming the field */
export const checkRequestOf = (message: ProtoCheckRequest): CheckRequest =>
  withArguments(checkRequestSchema, message);

/** What is wrong with one item is the result of that item. */
export function checkManyRequestOf({ items, at_least_revision }: ProtoCheckManyRequest): CheckManyRequest {
  const read = items.map((item) => {
    try {
      return withArguments(checkItemSchema, item);
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  });
  return validated(checkManyRequestSchema, { items: read, ...revisionOf(at_least_revision) });
}

/** @throws AppError INVALID_ARGUMENT naming the field */
export const listAllowedRequestOf = (message: ProtoListAllowedRequest): ListAllowedRequest =>
  validated(listAllowedRequestSchema, {
    principal: message.principal?.user,
    server: message.server ?? null,
    context: withoutAbsent(message.context ?? {}),
    pageSize: message.page_size,
    continuation: message.continuation ?? null,
    ...revisionOf(message.at_least_revision),
  });

function withArguments<Request>(schema: z.ZodType<Request>, message: ProtoCheckRequest): Request {
  const request = validated(schema, {
    principal: message.principal?.user,
    operation: operationName(message.operation),
    server: message.server,
    tool: message.tool ?? null,
    // Checked by the decision, like those of every transport: the schema would only say that they are not JSON.
    arguments: null,
    context: withoutAbsent(message.context ?? {}),
    ...revisionOf(message.at_least_revision),
  });
  return { ...request, arguments: message.arguments === null ? null : structToJson(message.arguments) };
}

/** Beyond 2^53 it is no revision that could ever be reached: the schema refuses it. */
const revisionOf = (text: string | undefined): { atLeastRevision?: number } =>
  text === undefined ? {} : { atLeastRevision: Number(text) };

/** Absent optional fields have no value, and proto-loader's virtual fields start with an underscore. */
const withoutAbsent = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([key, value]) => value !== undefined && !key.startsWith('_')),
  );
