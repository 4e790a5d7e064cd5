import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { AppError, Secret } from '@portcullis/contracts';
import type { TrustedProxies } from '@portcullis/platform';
import type { AuthorizeAdmin } from '../access/authorize-admin.js';
import type { Admin } from '../authentication/admin.js';
import { notAuthenticated, type AuthenticateKey } from '../authentication/authenticate-key.js';
import type { BootstrapToken } from '../organisations/bootstrap-token.js';
import { readRequest } from './read-request.js';
import type { Asked, RouteScope, RouteSpec } from './route.js';
import { ROUTE, type CheckedRequest } from './serves.js';

export interface GuardParts {
  authenticate: AuthenticateKey;
  authorize: AuthorizeAdmin;
  bootstrapToken: BootstrapToken;
  proxies: TrustedProxies;
}

/**
 * What comes before every handler, in this order: whose key is this, may it be used here, does policy allow the
 * operation, is the request what the route takes. A handler without a route specification is not served.
 */
export class AdminApiGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly parts: GuardParts,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const spec = this.reflector.get<RouteSpec | undefined>(ROUTE, context.getHandler());
    if (spec === undefined) return false;
    const request = context.switchToHttp().getRequest<CheckedRequest>();
    const admin = await this.admit(spec, request);
    request.asked = { ...readRequest(spec, request), admin } as Asked<RouteSpec>;
    return true;
  }

  private async admit({ access }: RouteSpec, request: CheckedRequest): Promise<Admin | undefined> {
    if (access.kind === 'public') return undefined;
    const token = bearerOf(request);
    const address = this.parts.proxies.addressOf(request.raw);
    const source = `http ${address}`;
    if (access.kind === 'bootstrap') {
      this.parts.bootstrapToken.check(token, source);
      return undefined;
    }
    const authenticated = await this.parts.authenticate.run(token, source);
    token.wipe();
    const admin = { ...authenticated, address, userAgent: userAgentOf(request) };
    requireScope(admin, access.scope);
    if (access.kind === 'key') await this.parts.authorize.run(admin, access.operation);
    return admin;
  }
}

/** RFC 6750: one Authorization header, one token. */
function bearerOf(request: CheckedRequest): Secret {
  const match = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i.exec(request.headers.authorization ?? '');
  if (match?.[1] === undefined) throw notAuthenticated();
  return Secret.of(match[1]);
}

const userAgentOf = (request: CheckedRequest): string | null =>
  request.headers['user-agent']?.slice(0, 300) ?? null;

function requireScope(admin: Admin, scope: RouteScope): void {
  const { scopes } = admin.principal;
  if (scopes.includes('admin') || scopes.includes(scope)) return;
  throw new AppError('FORBIDDEN', `This key was not given the scope "${scope}".`, {
    details: { needed: scope, given: scopes },
  });
}
