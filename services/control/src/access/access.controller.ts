import { Controller } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import * as routes from './access.routes.js';
import { ChangePolicy } from './change-policy.js';
import { ReadPolicy } from './read-policy.js';
import { ReadReplicas } from './read-replicas.js';

type Changed = Promise<Reply<typeof routes.ADD_RULE>>;

@Controller()
export class AccessController {
  constructor(
    private readonly change: ChangePolicy,
    private readonly policy: ReadPolicy,
    private readonly replicas: ReadReplicas,
  ) {}

  @Serves(routes.GET_POLICY)
  get(@AskedFor() { admin }: Asked<typeof routes.GET_POLICY>): Promise<Reply<typeof routes.GET_POLICY>> {
    return this.policy.run(admin);
  }

  @Serves(routes.LIST_REPLICAS)
  listReplicas(
    @AskedFor() { admin }: Asked<typeof routes.LIST_REPLICAS>,
  ): Promise<Reply<typeof routes.LIST_REPLICAS>> {
    return this.replicas.run(admin);
  }

  @Serves(routes.LIST_ROLES)
  async roles(
    @AskedFor() { admin }: Asked<typeof routes.LIST_ROLES>,
  ): Promise<Reply<typeof routes.LIST_ROLES>> {
    return { roles: (await this.policy.run(admin)).roles };
  }

  @Serves(routes.DEFINE_ROLE)
  defineRole(@AskedFor() { admin, body }: Asked<typeof routes.DEFINE_ROLE>): Changed {
    return this.change.run(admin, { type: 'DefineRole', ...body });
  }

  @Serves(routes.REMOVE_ROLE)
  removeRole(@AskedFor() { admin, params }: Asked<typeof routes.REMOVE_ROLE>): Changed {
    return this.change.run(admin, { type: 'RemoveRole', ...params });
  }

  @Serves(routes.GRANT_ROLE)
  grantRole(@AskedFor() { admin, params }: Asked<typeof routes.GRANT_ROLE>): Changed {
    return this.change.run(admin, { type: 'GrantRole', ...params });
  }

  @Serves(routes.REVOKE_ROLE)
  revokeRole(@AskedFor() { admin, params }: Asked<typeof routes.REVOKE_ROLE>): Changed {
    return this.change.run(admin, { type: 'RevokeRole', ...params });
  }

  @Serves(routes.LIST_RULES)
  async rules(
    @AskedFor() { admin }: Asked<typeof routes.LIST_RULES>,
  ): Promise<Reply<typeof routes.LIST_RULES>> {
    return { rules: (await this.policy.run(admin)).rules };
  }

  @Serves(routes.ADD_RULE)
  addRule(@AskedFor() { admin, body }: Asked<typeof routes.ADD_RULE>): Changed {
    return this.change.run(admin, { type: 'AddRule', rule: body });
  }

  @Serves(routes.REMOVE_RULE)
  removeRule(@AskedFor() { admin, params }: Asked<typeof routes.REMOVE_RULE>): Changed {
    return this.change.run(admin, { type: 'RemoveRule', ...params });
  }

  @Serves(routes.LABEL_TOOL)
  label(@AskedFor() { admin, params, body }: Asked<typeof routes.LABEL_TOOL>): Changed {
    const { slug, tool } = params;
    return this.change.ofTool(admin, slug, (srv) => ({ type: 'LabelTool', srv, tool, label: body.label }));
  }

  @Serves(routes.UNLABEL_TOOL)
  unlabel(@AskedFor() { admin, params }: Asked<typeof routes.UNLABEL_TOOL>): Changed {
    const { slug, tool } = params;
    return this.change.ofTool(admin, slug, (srv) => ({ type: 'LabelTool', srv, tool, label: null }));
  }

  @Serves(routes.DISABLE_TOOL)
  disable(@AskedFor() { admin, params, body }: Asked<typeof routes.DISABLE_TOOL>): Changed {
    const { slug, tool } = params;
    return this.change.ofTool(admin, slug, (srv) => ({ type: 'DisableTool', srv, tool, user: body.user }));
  }

  @Serves(routes.ENABLE_TOOL)
  enable(@AskedFor() { admin, params, query }: Asked<typeof routes.ENABLE_TOOL>): Changed {
    const { slug, tool } = params;
    return this.change.ofTool(admin, slug, (srv) => ({
      type: 'EnableTool',
      srv,
      tool,
      user: query.user ?? null,
    }));
  }
}
