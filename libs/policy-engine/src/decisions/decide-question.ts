import { isAdmin, type Server } from '../organisation/state.js';
import { decideCall } from './decide-call.js';
import type { Asker, Question } from './question.js';
import type { Snapshot } from './snapshot.js';
import { allowBy, denyBy, type Verdict } from './verdict.js';
import { seesSomething } from './visible-tools.js';

/** What must hold of whoever asks, whatever is asked. */
export function refuseAsker(snapshot: Snapshot, { user, session }: Asker): Verdict | undefined {
  if (!snapshot.state.members.has(user)) {
    return denyBy('not-a-member', 'the user is not a member of the organisation');
  }
  const revoked = session === null ? undefined : snapshot.state.revoked.get(session.sid);
  if (session !== null && revoked !== undefined && session.generation <= revoked) {
    return denyBy(
      'credential-revoked',
      'the key or session has been revoked',
      'Sign in again or use a current key.',
    );
  }
  return undefined;
}

/** The decision, before it is explained. Named checks in this order; the first that decides ends it. */
export function decideQuestion(snapshot: Snapshot, question: Question): Verdict {
  const refused = refuseAsker(snapshot, question.asker);
  if (refused !== undefined) return refused;
  const server = snapshot.server(question.server);
  if (server === undefined)
    return denyBy('unknown-server', 'the server is not connected to the organisation');
  if (question.operation === 'tool.call') return decideTool(snapshot, question, server);
  if (isCatalogue(question.operation)) return decideCatalogue(snapshot, question, server);
  return denyBy(
    'unsupported-operation',
    `${question.operation} is not governed by rules yet and therefore denied`,
  );
}

function decideTool(snapshot: Snapshot, question: Question, server: Server): Verdict {
  if (question.tool === null) return denyBy('invalid-arguments', 'a tool call names no tool');
  return decideCall({ snapshot, question, server, tool: question.tool });
}

const isCatalogue = (operation: Question['operation']): boolean =>
  operation === 'catalog.read' || operation === 'session.open' || operation === 'stream.open';

function decideCatalogue(snapshot: Snapshot, question: Question, server: Server): Verdict {
  if (seesSomething({ snapshot, question, server })) {
    return allowBy('visible-tools', `some tool of "${server.slug}" may be used`);
  }
  if (isAdmin(snapshot.state, question.asker.user)) {
    return allowBy('organisation-admin', `an admin may read the catalogue of "${server.slug}"`);
  }
  const advice = `Ask an organisation admin to grant a role that allows tools of ${server.slug}.`;
  return denyBy('no-visible-tools', `nothing on "${server.slug}" may be used`, advice);
}
