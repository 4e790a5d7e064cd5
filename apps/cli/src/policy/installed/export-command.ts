import { writeFileSync } from 'node:fs';
import type { PolicyCatalogue, PolicyState } from '@portcullis/contracts';
import { policyFileOf, writePolicy } from '@portcullis/policy-engine';
import { EXIT } from '../exit-codes.js';
import type { PolicyApi } from './policy-api.js';

export interface ExportArguments {
  /** Missing: standard output. */
  output?: string;
  /** Instead of the policy: who and what there is, for `policy test --catalogue`. */
  catalogue: boolean;
}

/** Beside the file: `portcullis policy schema > policy.schema.json`. */
const HEAD = ' yaml-language-server: $schema=policy.schema.json';

/** `portcullis policy export`: the policy in force as a file that applies back to the same version. */
export async function exportPolicy(api: PolicyApi, { output, catalogue }: ExportArguments): Promise<number> {
  const state = await api.read();
  const text = catalogue
    ? `${JSON.stringify(catalogueOf(state), null, 2)}\n`
    : writePolicy(policyFileOf(state), headOf(state));
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
  return EXIT.ok;
}

const headOf = ({ version, revision }: PolicyState): string =>
  `${HEAD}\n Version ${version}, revision ${revision}`;

/** Without input schemas, which the installation shows tool by tool. */
function catalogueOf({ roles, groups, members, servers, labels }: PolicyState): PolicyCatalogue {
  const brought = new Map(groups.map((group) => [group.group, new Set(group.roles)]));
  return {
    roles: roles.filter(({ builtin }) => !builtin).map(({ role }) => role),
    groups: Object.fromEntries(groups.map((group) => [group.group, { roles: group.roles }])),
    members: members.map((member) => ({
      user: member.user,
      roles: member.roles.filter(
        (role) => role !== 'member' && !member.groups.some((group) => brought.get(group)?.has(role)),
      ),
      groups: member.groups,
    })),
    servers: Object.fromEntries(
      servers.map(({ srv, slug }) => {
        const tools = labels.filter((label) => label.srv === srv).map(({ tool, label }) => [tool, { label }]);
        return [slug, { tools: Object.fromEntries(tools) }];
      }),
    ),
  };
}
