import {
  AppError,
  b64u,
  canonicalBytes,
  sha256,
  type PolicyDocument,
  type Rule,
} from '@portcullis/contracts';
import { catalogueOf } from '../plan/catalogue-of.js';
import { validatePolicy } from '../validation/validate-policy.js';
import type { StoredDocument, StoredRule } from '../facts/fields.js';
import type { Decider } from './decide.js';
import { requireGroupRoles } from './groups.js';
import { requireSlug, storedRuleOf } from './rules.js';
import { BUILTIN_ROLES, type PolicyState } from './state.js';

/** Content address of a document: SHA-256 of its RFC 8785 bytes, base64url. */
export const versionOf = (document: StoredDocument): string =>
  b64u(sha256('portcullis/v1/policy-document\0', canonicalBytes(document)));

/** What of the policy is written, as it is now. People, their credentials and switches are not in it. */
export function documentOf(state: PolicyState): StoredDocument {
  return {
    roles: Object.fromEntries(state.roles),
    groups: Object.fromEntries(
      [...state.groups].map(([group, { description, roles }]) => [
        group,
        { description, roles: [...roles].sort() },
      ]),
    ),
    servers: [...state.servers.values()]
      .map(({ srv, pinning }) => ({ srv, pinning, tools: labelsOf(state, srv) }))
      .sort(by('srv')),
    rules: [...state.rules.values()].sort(by('id')),
  };
}

function labelsOf(state: PolicyState, srv: string): StoredServer['tools'] {
  const labelled = [...(state.tools.get(srv) ?? [])].flatMap(([tool, { label }]) =>
    label === null ? [] : [{ tool, label }],
  );
  return labelled.sort(by('tool'));
}

type StoredServer = StoredDocument['servers'][number];

/** By UTF-16 units, as RFC 8785 sorts keys. */
const by =
  <K extends string>(key: K) =>
  (a: Record<K, string>, b: Record<K, string>): number =>
    a[key] < b[key] ? -1 : 1;

/** The rules of a document, guards as what they are: rules for everyone. */
export const rulesOfDocument = ({ rules, guards }: PolicyDocument): Rule[] => [
  ...guards.map((guard): Rule => ({ ...guard, guard: true, subjects: { everyone: true } })),
  ...rules,
];

const applyPolicy: Decider<'ApplyPolicy'> = ({ document, basis }, state) => {
  const current = documentOf(state);
  if (basis !== undefined && basis !== versionOf(current)) {
    throw new AppError('CONFLICT', 'The policy has changed since this change was planned: plan it anew.', {
      details: { basis, version: versionOf(current) },
    });
  }
  requireSound(document, state);
  const wanted = merge(document, state, current);
  const version = versionOf(wanted);
  if (version === versionOf(current) && state.version === version) return [];
  return [{ type: 'policy.PolicyApplied', data: { version, document: wanted } }];
};

/** What the policy would be with the document in force. @throws AppError as `ApplyPolicy` does */
export const storedDocumentOf = (document: PolicyDocument, state: PolicyState): StoredDocument =>
  merge(document, state, documentOf(state));

const SHOWN_ERRORS = 20;

/** What is an error in a plan is refused here, on the very state that is decided on. */
function requireSound(document: PolicyDocument, state: PolicyState): void {
  const errors = validatePolicy(document, catalogueOf(state)).filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more errors)`;
  const who = first.rule === null ? '' : `Rule "${first.rule}": `;
  throw new AppError('INVALID_ARGUMENT', `${who}${first.reason}${more}.`, {
    details: { findings: errors.slice(0, SHOWN_ERRORS) },
  });
}

/** The document laid over what is there, checked as if each part had been commanded by itself. */
function merge(document: PolicyDocument, state: PolicyState, current: StoredDocument): StoredDocument {
  const builtin = Object.keys(document.roles).find((role) => BUILTIN_ROLES.has(role));
  if (builtin !== undefined) throw new AppError('INVALID_ARGUMENT', `"${builtin}" is a built-in role.`);
  const roles = { ...current.roles, ...document.roles };
  for (const { roles: brought } of Object.values(document.groups))
    requireGroupRoles({ roles: new Map(Object.entries(roles)) }, brought);
  const sorted = Object.entries(document.groups).map(([group, { description, roles: brought }]) => [
    group,
    { description, roles: [...new Set(brought)].sort() },
  ]);
  const groups = { ...current.groups, ...(Object.fromEntries(sorted) as StoredDocument['groups']) };
  const names = {
    ...state,
    roles: new Map(Object.entries(roles)),
    groups: new Map(
      Object.entries(groups).map(([group, said]) => [group, { ...said, roles: new Set(said.roles) }]),
    ),
  };
  const servers = mergeServers(document, state, current);
  return { roles, groups, servers, rules: rulesOf(document, names) };
}

function mergeServers(document: PolicyDocument, state: PolicyState, current: StoredDocument): StoredServer[] {
  const servers = new Map(current.servers.map((server) => [server.srv, server]));
  for (const [slug, { pinning, tools }] of Object.entries(document.servers)) {
    const srv = requireSlug(slug, state);
    const known = servers.get(srv)!;
    const labels = new Map(known.tools.map(({ tool, label }) => [tool, label]));
    for (const [tool, label] of Object.entries(tools)) labels.set(tool, label);
    const merged = [...labels].map(([tool, label]) => ({ tool, label })).sort(by('tool'));
    servers.set(srv, { srv, pinning: pinning ?? known.pinning, tools: merged });
  }
  return [...servers.values()];
}

function rulesOf(document: PolicyDocument, state: PolicyState): StoredRule[] {
  const rules = rulesOfDocument(document).map((rule) => storedRuleOf(rule, state));
  const seen = new Set<string>();
  for (const { id } of rules) {
    if (seen.has(id)) throw new AppError('ALREADY_EXISTS', `There are two rules "${id}".`);
    seen.add(id);
  }
  return rules.sort(by('id'));
}

/** What it restores was valid when it was applied; what it names and is gone since matches nothing. */
const restorePolicy: Decider<'RestorePolicy'> = ({ version, document }, state) => {
  if (versionOf(document) !== version)
    throw new AppError('INTERNAL', 'The document is not the one that its version names.');
  return state.version === version ? [] : [{ type: 'policy.PolicyRolledBack', data: { version, document } }];
};

export const documentDeciders = { ApplyPolicy: applyPolicy, RestorePolicy: restorePolicy };
