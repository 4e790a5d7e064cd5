import type { JsonValue, PolicyCatalogue } from '@portcullis/contracts';
import type { PolicyState, Tool } from '../organisation/state.js';

/** Who and what there is in an organisation, for {@link validatePolicy}. */
export const catalogueOf = (state: PolicyState): PolicyCatalogue => ({
  roles: [...state.roles.keys()],
  groups: Object.fromEntries([...state.groups].map(([group, { roles }]) => [group, { roles: [...roles] }])),
  members: [...state.members].map(([user, { roles, groups }]) => ({
    user,
    roles: [...roles],
    groups: [...groups],
  })),
  servers: Object.fromEntries(
    [...state.servers.values()].map(({ srv, slug }) => [
      slug,
      { tools: toolsOf(state.tools.get(srv) ?? new Map()) },
    ]),
  ),
});

const toolsOf = (tools: ReadonlyMap<string, Tool>): PolicyCatalogue['servers'][string]['tools'] =>
  Object.fromEntries([...tools].map(([name, tool]) => [name, { label: tool.label, ...inputSchemaOf(tool) }]));

/** Of the definition that calls are let through for, else of the one that was shown. */
function inputSchemaOf({ pinned, seen }: Tool): { inputSchema?: JsonValue } {
  const schema = (pinned ?? seen)?.definition?.['inputSchema'];
  return schema === undefined ? {} : { inputSchema: schema };
}
