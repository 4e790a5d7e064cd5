import type { ServiceName } from './trust/identity.js';
import { POLICY_API_VERBS } from './policy-api-verbs.js';
import { CACHE_HOLDERS, VERBS } from './verbs.js';

/** Broadcast hints: a missed one costs latency, never correctness. A forged one too. */
export const HINTS = {
  /** Something changed: renew your lease now rather than in a moment. Without content, since nobody could believe it. */
  changed: { subject: 'control.v1.events.changed', publisher: 'control', listeners: CACHE_HOLDERS },
} as const satisfies Record<
  string,
  { subject: string; publisher: ServiceName; listeners: readonly ServiceName[] }
>;

/** The user of internal tools that ask the policy API over NATS. */
export type NatsUser = ServiceName | 'tool';

export interface SubjectPermissions {
  publish: string[];
  /** `subject queue` where a queue group is prescribed, as nats-server writes it. */
  subscribe: string[];
}

export const SERVICES_ON_NATS = ['gateway', 'control', 'vault', 'policy', 'audit'] as const;

/** Private to one user: nobody else may subscribe to it, so nobody else reads an answer. */
export const inboxPrefix = (user: NatsUser): string => `_INBOX_${user}`;

/** The verbs, and those that carry several requests of one. */
const SUBJECTS = Object.values(VERBS).flatMap((verb) => (verb.many === null ? [verb] : [verb, verb.many]));

function permissionsOf(user: NatsUser): SubjectPermissions {
  const verbs = SUBJECTS;
  const calls = verbs.filter((v) => (v.callers as readonly string[]).includes(user)).map((v) => v.subject);
  const served = verbs.filter((v) => v.callee === user);
  const hints = Object.values(HINTS);
  const inboxesOfCallers = new Set(
    served.flatMap((v) => v.callers.map((caller) => `${inboxPrefix(caller)}.>`)),
  );
  if (user === 'policy') inboxesOfCallers.add(`${inboxPrefix('tool')}.>`);
  return {
    publish: [
      ...calls,
      ...(user === 'tool' ? Object.values(POLICY_API_VERBS).map((v) => v.subject) : []),
      ...hints.filter((hint) => hint.publisher === user).map((hint) => hint.subject),
      ...inboxesOfCallers,
    ],
    subscribe: [
      ...served.map((v) => (v.everyReplica ? v.subject : `${v.subject} ${v.callee}`)),
      ...hints
        .filter((hint) => (hint.listeners as readonly string[]).includes(user))
        .map((hint) => hint.subject),
      `${inboxPrefix(user)}.>`,
    ],
  };
}

/** Allow-lists of every NATS user: what is not listed is refused by the broker. */
export const subjectPermissions: Record<(typeof SERVICES_ON_NATS)[number] | 'tool', SubjectPermissions> = {
  gateway: permissionsOf('gateway'),
  control: permissionsOf('control'),
  vault: permissionsOf('vault'),
  policy: permissionsOf('policy'),
  audit: permissionsOf('audit'),
  tool: permissionsOf('tool'),
};
