import { sealForSubject, type JsonValue, type SealedBox } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';

/** The personal side of "who did it", sealed to that person's own key: audit keeps it without being able to read it. */
export function sealActor(admin: Admin, more: Record<string, JsonValue> = {}): SealedBox {
  const { principal, person, address, userAgent } = admin;
  const { name, email } = person;
  return sealForSubject(principal.subjectKey, principal.org, principal.sub, {
    name,
    email,
    ip: address,
    userAgent,
    ...more,
  });
}
