import type { AdminOperation, AuthorizeAdminRequest, READING_OPERATION } from '@portcullis/contracts';
import {
  allowBy,
  type Asker,
  denyBy,
  isAdmin,
  refuseAsker,
  type Snapshot,
  type Verdict,
} from '@portcullis/policy-engine';
import { isDeepStrictEqual } from 'node:util';

export interface AdminQuestion {
  asker: Asker;
  operation: AdminOperation | typeof READING_OPERATION;
  secret: AuthorizeAdminRequest['secret'];
}

/** Administrative operations: built-in rules only, so that nobody can grant them by a rule about tools. */
export function decideAdmin(snapshot: Snapshot, question: AdminQuestion): Verdict {
  const { asker, operation, secret } = question;
  const refused = refuseAsker(snapshot, asker);
  if (refused !== undefined) return refused;
  if (operation === 'secret.put')
    return secret === null ? targetMissing() : decidePut(snapshot, question, secret);
  if (operation === 'secret.delete')
    return secret === null ? targetMissing() : decideDelete(snapshot, question, secret);
  if (ofTheInstallation.has(operation) && !snapshot.state.home) {
    return denyBy('not-an-admin', 'what is of the whole installation is for admins of its home organisation');
  }
  return decideByRole(snapshot, question);
}

/** What no organisation has for itself: others, and the keys that wrap everybody's. */
const ofTheInstallation: ReadonlySet<AdminQuestion['operation']> = new Set([
  'organisation.create',
  'kek.read',
  'kek.rotate',
  'kek.rewrap',
  'kek.retire',
]);

type SecretTarget = NonNullable<AuthorizeAdminRequest['secret']>;

const targetMissing = (): Verdict => denyBy('secret-target-mismatch', 'the request names no secret');

function decideByRole(snapshot: Snapshot, { asker, operation }: AdminQuestion): Verdict {
  if (isAdmin(snapshot.state, asker.user))
    return allowBy('organisation-admin', `an admin may do ${operation}`);
  return denyBy('not-an-admin', `${operation} needs the role admin`, 'Ask an organisation admin.');
}

/** What the vault will be sent must be about the same secret as the question, and that about a server as connected. */
function decidePut(snapshot: Snapshot, question: AdminQuestion, secret: SecretTarget): Verdict {
  const server = snapshot.state.servers.get(secret.srv);
  if (server === undefined)
    return denyBy('unknown-server', 'the server is not connected to the organisation');
  if (!server.slots.some((slot) => isDeepStrictEqual(slot, secret.slot))) {
    return denyBy('secret-target-mismatch', `"${server.slug}" has no such credential slot`);
  }
  if (!isAbout(secret, { dst: server.dst })) {
    return denyBy(
      'secret-target-mismatch',
      `the credential is not for this slot and destination of "${server.slug}"`,
    );
  }
  if (secret.slot.owner === 'user') return decideOwn(question, secret);
  return decideOrganisations(snapshot, question, secret);
}

/** A secret can be deleted after its server is gone or has moved; an admin may delete that of a member who left. */
function decideDelete(snapshot: Snapshot, question: AdminQuestion, secret: SecretTarget): Verdict {
  if (!isAbout(secret, {})) return denyBy('secret-target-mismatch', 'the request is about another secret');
  if (secret.slot.owner === 'organisation') return decideOrganisations(snapshot, question, secret);
  return isAdmin(snapshot.state, question.asker.user)
    ? decideByRole(snapshot, question)
    : decideOwn(question, secret);
}

function decideOrganisations(snapshot: Snapshot, question: AdminQuestion, secret: SecretTarget): Verdict {
  if (secret.owner !== snapshot.state.org) {
    return denyBy('secret-target-mismatch', 'the credential belongs to another organisation');
  }
  return decideByRole(snapshot, question);
}

function decideOwn({ asker, operation }: AdminQuestion, secret: SecretTarget): Verdict {
  if (secret.owner !== asker.user)
    return denyBy('foreign-secret', 'the credential belongs to another person');
  return allowBy('own-secret', `a member may do ${operation} for a credential of their own`);
}

function isAbout({ srv, slot, owner, arguments: args }: SecretTarget, more: { dst?: string }): boolean {
  const target = (args as { target?: Record<string, unknown> } | null)?.target;
  if (target === undefined || target === null || typeof target !== 'object') return false;
  const wanted: Record<string, unknown> = { srv, slot: slot.slot, ownerKind: slot.owner, owner, ...more };
  return Object.entries(wanted).every(([key, value]) => target[key] === value);
}
