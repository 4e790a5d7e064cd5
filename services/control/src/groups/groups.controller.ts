import { Controller } from '@nestjs/common';
import { ChangePolicy } from '../access/change-policy.js';
import { ReadPolicy } from '../access/read-policy.js';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import * as routes from './groups.routes.js';

type Changed = Promise<Reply<typeof routes.DEFINE_GROUP>>;

@Controller()
export class GroupsController {
  constructor(
    private readonly change: ChangePolicy,
    private readonly policy: ReadPolicy,
  ) {}

  @Serves(routes.LIST_GROUPS)
  async list(
    @AskedFor() { admin }: Asked<typeof routes.LIST_GROUPS>,
  ): Promise<Reply<typeof routes.LIST_GROUPS>> {
    return { groups: (await this.policy.run(admin)).groups };
  }

  @Serves(routes.DEFINE_GROUP)
  define(@AskedFor() { admin, params, body }: Asked<typeof routes.DEFINE_GROUP>): Changed {
    return this.change.run(admin, { type: 'DefineGroup', ...params, ...body });
  }

  @Serves(routes.REMOVE_GROUP)
  remove(@AskedFor() { admin, params }: Asked<typeof routes.REMOVE_GROUP>): Changed {
    return this.change.run(admin, { type: 'RemoveGroup', ...params });
  }

  @Serves(routes.ADD_GROUP_MEMBER)
  add(@AskedFor() { admin, params }: Asked<typeof routes.ADD_GROUP_MEMBER>): Changed {
    return this.change.run(admin, { type: 'AddGroupMember', ...params });
  }

  @Serves(routes.REMOVE_GROUP_MEMBER)
  take(@AskedFor() { admin, params }: Asked<typeof routes.REMOVE_GROUP_MEMBER>): Changed {
    return this.change.run(admin, { type: 'RemoveGroupMember', ...params });
  }
}
