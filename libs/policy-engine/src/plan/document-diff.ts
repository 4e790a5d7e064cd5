import { isDeepStrictEqual } from 'node:util';
import type { PolicyChange } from '@portcullis/contracts';
import type { StoredDocument } from '../facts/fields.js';
import type { PolicyState } from '../organisation/state.js';

type Part = PolicyChange['part'];
/** What is written, by part and name. */
type Written = Map<string, { part: Part; name: string; value: unknown }>;

/** Everything written that differs, in the order of parts and names. Servers by slug, which people know. */
export function diffDocuments(
  before: StoredDocument,
  after: StoredDocument,
  state: PolicyState,
): PolicyChange[] {
  const [was, is] = [writtenIn(before, state), writtenIn(after, state)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort();
  return keys.flatMap((key): PolicyChange[] => {
    const [old, now] = [was.get(key), is.get(key)];
    if (isDeepStrictEqual(old?.value, now?.value)) return [];
    const { part, name } = (now ?? old)!;
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    return [{ part, name, change, before: jsonOf(old?.value), after: jsonOf(now?.value) }];
  });
}

const jsonOf = (value: unknown): PolicyChange['before'] => (value ?? null) as PolicyChange['before'];

const ORDER: Part[] = ['role', 'group', 'pinning', 'label', 'rule'];

function writtenIn({ roles, groups, servers, rules }: StoredDocument, state: PolicyState): Written {
  const written: Written = new Map();
  const put = (part: Part, name: string, value: unknown) =>
    written.set(`${ORDER.indexOf(part)}${name}`, { part, name, value });
  for (const [role, description] of Object.entries(roles)) put('role', role, description);
  for (const [group, said] of Object.entries(groups)) put('group', group, said);
  for (const { srv, pinning, tools } of servers) {
    const slug = slugOf(srv, state);
    put('pinning', slug, pinning);
    for (const { tool, label } of tools) put('label', `${slug}/${tool}`, label);
  }
  for (const rule of rules) {
    put('rule', rule.id, { ...rule, servers: rule.servers.map((srv) => slugOf(srv, state)) });
  }
  return written;
}

/** What is gone has no slug any more. */
const slugOf = (srv: string, state: PolicyState): string => state.servers.get(srv)?.slug ?? srv;
