import type { PolicyState } from '@portcullis/contracts';
import { Document, isScalar, Scalar, visit } from 'yaml';
import { POLICY_FORMAT, type PolicyFile } from './policy-file.js';
import { plainScalar } from './yaml-scalar.js';

type StateMessage = Pick<PolicyState, 'roles' | 'groups' | 'rules' | 'servers' | 'labels'>;

/** A policy as an admin reads it, as a file of policy that makes the same policy of it again. */
export function policyFileOf({ roles, groups, servers, labels, rules }: StateMessage): PolicyFile {
  const custom = roles.filter(({ builtin }) => !builtin);
  return {
    portcullis: POLICY_FORMAT,
    roles: Object.fromEntries(custom.map(({ role, description }) => [role, description])),
    groups: Object.fromEntries(
      groups.map(({ group, description, roles: brought }) => [group, { description, roles: brought }]),
    ),
    servers: Object.fromEntries(
      servers.map(({ srv, slug, pinning }) => {
        const tools = labels.filter((label) => label.srv === srv).map(({ tool, label }) => [tool, label]);
        return [slug, { pinning, tools: Object.fromEntries(tools) }];
      }),
    ),
    guards: rules.filter(({ guard }) => guard === true).map(guardOf),
    rules: rules.filter(({ guard }) => guard !== true) as PolicyFile['rules'],
  };
}

function guardOf(rule: PolicyState['rules'][number]): NonNullable<PolicyFile['guards']>[number] {
  const { guard: _guard, subjects: _subjects, servers, tools, effect, ...rest } = rule;
  return {
    ...rest,
    effect: effect === 'deny' ? 'deny' : 'require_approval',
    ...(isAll(servers) ? {} : { servers }),
    ...(isAll(tools) ? {} : { tools }),
  };
}

const isAll = (list: readonly string[]): boolean => list.length === 1 && list[0] === '*';

/** The file as YAML. Text that a reader could take for something else is quoted. */
export function writePolicy(file: PolicyFile, comment = ''): string {
  const document = new Document(file, { version: '1.2', aliasDuplicateObjects: false });
  if (comment !== '') document.commentBefore = comment;
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && !isPlain(node.value))
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function isPlain(value: string): boolean {
  const read = plainScalar(value);
  return 'value' in read && read.value === value;
}
