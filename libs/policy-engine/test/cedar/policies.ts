import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { truths } from './condition-to-cedar.js';
import { all, any, attribute, compare, contains, entity, equal, has, isIn, like, not } from './expression.js';
import { set, value, variable } from './expression.js';
import { SERVERS, type Sample, type SampleRule } from '../samples/organisations.js';

const principal = variable('principal');
const resource = variable('resource');
const context = variable('context');
const asked = (name: string): Expr => attribute(context, name);

type Clauses = PolicyJson['conditions'];
const policy = (effect: 'permit' | 'forbid', ...conditions: Clauses): PolicyJson => ({
  effect,
  principal: { op: 'All' },
  action: { op: 'All' },
  resource: { op: 'All' },
  conditions,
});
const when = (body: Expr) => ({ kind: 'when' as const, body });
const unless = (body: Expr) => ({ kind: 'unless' as const, body });

const hinted = (hint: string, answer: boolean): Expr => {
  const said = attribute(asked('annotations'), hint);
  return all(has(asked('annotations'), hint), answer ? said : not(said));
};
const labelled = has(resource, 'label');
const labelIs = (label: string): Expr => equal(attribute(resource, 'label'), value(label));

/** The label an upstream may have raised. Only to be asked behind `labelled`. */
function effectively(label: 'read' | 'write' | 'destructive'): Expr {
  const destructive = any(labelIs('destructive'), hinted('destructiveHint', true));
  const writes = any(labelIs('write'), hinted('readOnlyHint', false));
  if (label === 'destructive') return destructive;
  return label === 'write' ? all(writes, not(destructive)) : not(any(writes, destructive));
}

const principalFields = attribute(asked('principal'), 'object');
const scoped = has(principalFields, 'scopes');
const scope = (name: string): Expr =>
  contains(attribute(attribute(principalFields, 'scopes'), 'array'), value({ string: name }));
const session = asked('session');

/** The built-in rules, under their own names. Cedar evaluates all of them, ours stops at the first. */
const BUILT_IN: Record<string, PolicyJson> = {
  'not-a-member': policy('forbid', unless(isIn(principal, entity('Role', 'member')))),
  'credential-revoked': policy(
    'forbid',
    when(
      all(
        has(context, 'session'),
        has(session, 'revoked'),
        compare('<=', asked('generation'), attribute(session, 'revoked')),
      ),
    ),
  ),
  'unknown-server': policy('forbid', unless(has(asked('server'), 'slug'))),
  'invalid-arguments': policy('forbid', unless(has(asked('arguments'), 'object'))),
  'unlabelled-tool': policy('forbid', unless(labelled)),
  'tool-disabled': policy(
    'forbid',
    when(all(labelled, any(attribute(resource, 'off'), contains(attribute(resource, 'offFor'), principal)))),
  ),
  'scope-missing': policy('forbid', when(all(scoped, not(scope('mcp')), not(scope('mcp:write'))))),
  'read-only-session': policy(
    'forbid',
    when(all(scoped, not(scope('mcp:write')), labelled, not(effectively('read')))),
  ),
};

function forWhom({ everyone, roles = [], groups = [], users = [] }: SampleRule['rule']['subjects']): Expr {
  if (everyone === true) return value(true);
  const wanted = [...roles.map((it) => entity('Role', it)), ...groups.map((it) => entity('Group', it))];
  const holders = isIn(principal, set(wanted));
  return any(holders, ...users.map((user) => equal(principal, entity('User', user))));
}

function onWhat({ servers, tools, labels }: SampleRule['rule']): Expr {
  const onServer = servers.includes('*')
    ? value(true)
    : isIn(
        resource,
        set(SERVERS.filter(({ slug }) => servers.includes(slug)).map(({ srv }) => entity('Server', srv))),
      );
  const named = any(...tools.map((pattern) => like(attribute(resource, 'name'), pattern)));
  const label = labels === undefined ? value(true) : any(...labels.map(effectively));
  return all(labelled, onServer, named, label);
}

function ruleToPolicy({ rule, when: condition }: SampleRule): PolicyJson {
  const scopeOfRule = when(all(forWhom(rule.subjects), onWhat(rule)));
  const certain = condition === null ? null : truths(condition);
  if (rule.effect === 'allow') {
    return policy('permit', scopeOfRule, ...(certain === null ? [] : [when(certain.yes)]));
  }
  const effect = rule.effect === 'deny' ? 'forbid' : 'permit';
  return policy(effect, scopeOfRule, ...(certain === null ? [] : [unless(certain.no)]));
}

const byName = (rules: SampleRule[]): Record<string, PolicyJson> =>
  Object.fromEntries(rules.map((one) => [one.rule.id, ruleToPolicy(one)]));

const requiresApproval = ({ rule }: SampleRule): boolean => rule.effect === 'require_approval';

/** The organisation's rules and the built-in ones as Cedar policies, by the names under which ours reports them. */
export const policiesOf = ({ rules }: Sample): Record<string, PolicyJson> => ({
  ...BUILT_IN,
  ...byName(rules.filter((one) => !requiresApproval(one))),
});

/** Cedar has two outcomes. The third is a second question: what is allowed, and permitted by these, needs approval. */
export const approvalPoliciesOf = ({ rules }: Sample): Record<string, PolicyJson> =>
  byName(rules.filter(requiresApproval));
