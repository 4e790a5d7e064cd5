import type { AdminOperation, ErrorCode } from '@portcullis/contracts';
import type { z } from 'zod';
import type { Admin } from '../authentication/admin.js';

/**
 * What a key must have been given to use a route: `admin` everything, `credentials` only its owner's own ones, `approvals`
 * to decide what others have asked for.
 */
export type RouteScope = 'admin' | 'credentials' | 'approvals';

/** Who may use a route. There is no default: a route that doesn't say so does not compile. */
export type Access =
  | { readonly kind: 'public' }
  /** The one-time token of the installation. */
  | { readonly kind: 'bootstrap' }
  /** Whoever holds a key: for what is no secret and of nobody. */
  | { readonly kind: 'holder'; readonly scope: RouteScope }
  /** A key; policy is asked for the operation before the handler runs. */
  | { readonly kind: 'key'; readonly operation: AdminOperation; readonly scope: RouteScope }
  /** A key; the use-case itself asks policy, because the grant covers the arguments. */
  | { readonly kind: 'grant'; readonly operation: AdminOperation; readonly scope: RouteScope };

/** One operation of the admin API: what is served, checked and published comes from this alone. */
export interface RouteSpec {
  /** `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/users/:user` */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  /** Makes an organisation and answers with its id as `organisation`: the change is of that one. */
  readonly founds?: true;
  /** Asks only, although it isn't a GET: nothing has to come into force before it is answered. */
  readonly asks?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Missing: the route takes no body, or an empty object. */
  readonly body?: z.ZodObject;
  readonly reply: {
    readonly status: 200 | 201 | 204;
    readonly description: string;
    /** Missing: no body, or a stream of the named media types. Whatever is not in the schema never leaves. */
    readonly schema?: z.ZodType;
    readonly mediaTypes?: readonly string[];
  };
  /** Beyond those that every route of its access has. */
  readonly errors?: readonly ErrorCode[];
}

/** Keeps the literal types of a specification. */
export const route = <const R extends RouteSpec>(spec: R): R => spec;

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

/** What a handler gets: everything checked, and who asks. */
export interface Asked<R extends RouteSpec> {
  readonly admin: Admin;
  readonly params: Parsed<R['params']>;
  readonly query: Parsed<R['query']>;
  readonly body: Parsed<R['body']>;
}

export type Reply<R extends RouteSpec> = R['reply'] extends { schema: infer S extends z.ZodType }
  ? z.input<S>
  : void;
