import { Controller } from '@nestjs/common';
import { ChangePolicy } from '../access/change-policy.js';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import * as routes from './definitions.routes.js';
import { ReadDefinitions } from './read-definitions.js';

type Changed = Promise<Reply<typeof routes.SET_PINNING>>;

@Controller()
export class DefinitionsController {
  constructor(
    private readonly change: ChangePolicy,
    private readonly definitions: ReadDefinitions,
  ) {}

  @Serves(routes.LIST_DEFINITIONS)
  list(
    @AskedFor() { admin, params }: Asked<typeof routes.LIST_DEFINITIONS>,
  ): Promise<Reply<typeof routes.LIST_DEFINITIONS>> {
    return this.definitions.list(admin, params.slug);
  }

  @Serves(routes.GET_DEFINITION)
  get(
    @AskedFor() { admin, params }: Asked<typeof routes.GET_DEFINITION>,
  ): Promise<Reply<typeof routes.GET_DEFINITION>> {
    return this.definitions.one(admin, params.slug, params.tool);
  }

  @Serves(routes.APPROVE_DEFINITION)
  approve(@AskedFor() { admin, params, body }: Asked<typeof routes.APPROVE_DEFINITION>): Changed {
    const { slug, tool } = params;
    return this.change.ofTool(admin, slug, (srv) => ({ type: 'ApproveToolDefinition', srv, tool, ...body }));
  }

  @Serves(routes.SET_PINNING)
  pinning(@AskedFor() { admin, params, body }: Asked<typeof routes.SET_PINNING>): Changed {
    return this.change.ofTool(admin, params.slug, (srv) => ({ type: 'SetPinning', srv, ...body }));
  }
}
