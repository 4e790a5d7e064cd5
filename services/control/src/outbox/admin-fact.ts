import {
  deterministicId,
  sealForSubject,
  type FactEntry,
  type JsonValue,
  type Principal,
} from '@portcullis/contracts';
import type { Admin, Person } from '../authentication/admin.js';
import { sealActor } from './seal-actor.js';

/** Actions of control that audit is told of. Policy's own facts (roles, rules, labels) arrive by policy's own relay. */
export type AdminAction =
  | 'organisation.created'
  | 'user.created'
  | 'user.removed'
  | 'user.erased'
  | 'key.created'
  | 'key.regenerated'
  | 'key.revoked'
  | 'server.connected'
  | 'server.changed'
  | 'server.deleted'
  | 'control.secret_put_concluded'
  | 'control.secret_delete_concluded'
  | 'control.erasure_concluded'
  | 'control.kek_rotate_concluded'
  | 'control.kek_rewrap_concluded'
  | 'control.kek_retire_concluded'
  | 'audit.exported';

/** A person that a fact is about, and the key that fields about them are sealed to. */
export interface Subject {
  readonly id: string;
  readonly key: Principal['subjectKey'];
  readonly person: Person;
}

export interface AdminFact {
  readonly org: string;
  readonly action: AdminAction;
  /** Null for the installation itself, at bootstrap. */
  readonly by: Admin | null;
  readonly target: { readonly type: string; readonly id: string };
  /** Together with action and target the identity of the fact: the same change has the same record, however often sent. */
  readonly version: string;
  /** Opaque ids, counts, names of slots and scopes. Never personal data. */
  readonly data: Record<string, JsonValue>;
  /** Whom the fact is about beside the actor. */
  readonly about?: Subject;
}

/** The entry for `audit.v1.append`. Persons appear by id; what is personal is sealed to their own key. */
export function toFactEntry(fact: AdminFact, now: Date): FactEntry {
  const { org, action, by, target, data, about } = fact;
  const boxes = [];
  if (by !== null) boxes.push(sealActor(by));
  if (about !== undefined) boxes.push(sealForSubject(about.key, org, about.id, { ...about.person }));
  return {
    kind: 'fact',
    recordId: deterministicId('portcullis/v1/control-fact', org, action, target.id, fact.version),
    org,
    action,
    actor: by === null ? { kind: 'system', id: null } : { kind: by.principal.kind, id: by.principal.sub },
    target: { ...target },
    data,
    occurredAt: now.toISOString(),
    sealed: boxes,
  };
}
