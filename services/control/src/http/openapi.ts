import { ERROR_TABLE, type ErrorCode } from '@portcullis/contracts';
import { z } from 'zod';
import type { Access, RouteSpec } from './route.js';

type Json = Record<string, unknown>;

const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: '`urn:portcullis:error:<code>`' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERROR_TABLE) as [ErrorCode, ...ErrorCode[]]),
    details: z.record(z.string(), z.unknown()).optional(),
    instance: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

/** Errors that a route has because of who may use it. `authenticate` before `authorize`, as the guard does it. */
const ALWAYS: ErrorCode[] = ['FORBIDDEN', 'INTERNAL'];
const BY_ACCESS: Record<Access['kind'], ErrorCode[]> = {
  public: ALWAYS,
  bootstrap: [...ALWAYS, 'UNAUTHENTICATED', 'RATE_LIMITED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'],
  holder: [...ALWAYS, 'UNAUTHENTICATED', 'RATE_LIMITED'],
  key: [...ALWAYS, 'UNAUTHENTICATED', 'RATE_LIMITED', 'DENIED_BY_POLICY', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'],
  grant: [
    ...ALWAYS,
    'UNAUTHENTICATED',
    'RATE_LIMITED',
    'DENIED_BY_POLICY',
    'UNAVAILABLE',
    'DEADLINE_EXCEEDED',
  ],
};

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** The OpenAPI 3.1 document of exactly these routes, made of the schemas that requests and answers are checked with. */
export function openApiDocument(routes: readonly RouteSpec[], version: string): Json {
  const components = new Components();
  components.take(problemSchema, 'output');
  const paths: Record<string, Json> = {};
  for (const spec of routes) {
    const path = spec.path.replace(/:([a-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [spec.method.toLowerCase()]: operation(spec, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Portcullis admin API',
      version,
      description:
        'Administers one organisation: the one that the presented key belongs to. Every operation is decided by policy; errors are RFC 9457 problem details with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'pcl_<id>_<secret><checksum>' },
        bootstrapToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'The one-time token of the installation.',
        },
      },
    },
  };
}

const SECURITY: Record<Access['kind'], Json[]> = {
  public: [],
  bootstrap: [{ bootstrapToken: [] }],
  holder: [{ apiKey: [] }],
  key: [{ apiKey: [] }],
  grant: [{ apiKey: [] }],
};

function operation(spec: RouteSpec, components: Components): Json {
  const { id, tag, summary, access, params, query, body } = spec;
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: SECURITY[access.kind],
    ...('scope' in access ? { 'x-portcullis-scope': access.scope } : {}),
    ...('operation' in access ? { 'x-portcullis-operation': access.operation } : {}),
    parameters: [...parameters(params, 'path', components), ...parameters(query, 'query', components)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.take(body, 'input') } },
          },
        }),
    responses: { [spec.reply.status]: success(spec, components), ...problems(spec) },
  };
}

function parameters(
  schema: z.ZodObject | undefined,
  where: 'path' | 'query',
  components: Components,
): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: where,
    required: where === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: components.take(field as z.ZodType, 'input'),
  }));
}

function success({ reply }: RouteSpec, components: Components): Json {
  const { description, schema, mediaTypes } = reply;
  if (schema !== undefined) {
    return { description, content: { 'application/json': { schema: components.take(schema, 'output') } } };
  }
  if (mediaTypes === undefined) return { description };
  const content = Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: 'string' } }]));
  return { description, content };
}

/** One response per status, naming the codes that it may carry. */
function problems(spec: RouteSpec): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(spec)) {
    const { http } = ERROR_TABLE[code];
    byStatus.set(http, [...(byStatus.get(http) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const description = codes.map((code) => `\`${code}\`: ${ERROR_TABLE[code].title}`).join('. ');
      return [status, { description, 'x-portcullis-codes': codes, content: PROBLEM }];
    }),
  );
}

/** Every code that a route can answer with. */
export function errorsOf({
  method,
  access,
  founds,
  params,
  query,
  body,
  errors = [],
}: RouteSpec): ErrorCode[] {
  const reads = params !== undefined || query !== undefined || body !== undefined;
  const codes = new Set<ErrorCode>([...BY_ACCESS[access.kind], ...errors]);
  if (reads) codes.add('INVALID_ARGUMENT');
  if (method !== 'GET' && founds !== true) codes.add('UNCONFIRMED');
  if (body !== undefined) {
    for (const code of ['PARSE_ERROR', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)
      codes.add(code);
  }
  return [...codes];
}

/** Schemas with an id become components; definitions that a schema makes of itself are brought there too. */
class Components {
  readonly schemas: Record<string, unknown> = {};
  private anonymous = 0;

  take(schema: z.ZodType, io: 'input' | 'output'): unknown {
    // Inside another schema one with an id is always a reference, also at the top.
    const { $defs = {}, properties } = z.toJSONSchema(z.object({ it: schema }), { io });
    const names = new Map<string, string>();
    for (const name of Object.keys($defs)) names.set(name, this.nameFor(name));
    for (const [name, definition] of Object.entries($defs)) {
      const { id: _id, ...rest } = definition as Json;
      this.schemas[names.get(name) ?? name] = this.rename(rest, names);
    }
    return this.rename(properties?.['it'], names);
  }

  /** Generated names (`__schema0`) are only unique within one schema. */
  private nameFor(name: string): string {
    if (!name.startsWith('__')) return name;
    this.anonymous += 1;
    return `Json${this.anonymous}`;
  }

  private rename(value: unknown, names: ReadonlyMap<string, string>): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.rename(entry, names));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => {
        const name =
          key === '$ref' && typeof entry === 'string' ? /^#\/\$defs\/(.+)$/.exec(entry)?.[1] : undefined;
        return name === undefined
          ? [key, this.rename(entry, names)]
          : [key, `#/components/schemas/${names.get(name) ?? name}`];
      }),
    );
  }
}
