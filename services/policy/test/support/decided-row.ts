import {
  newId,
  VERBS,
  verifyToken,
  type Authorization,
  type AuthorizeRequest,
  type DecidedCall,
} from '@portcullis/contracts';
import type { PolicyInstallation, Who } from './policy-installation.js';

type Call = Partial<AuthorizeRequest> & Pick<AuthorizeRequest, 'srv'>;

/** Asks policy as the gateway does, and gives its answer beside the row that audit would have of what policy said. */
export async function decidedRow(
  installation: PolicyInstallation,
  who: Who,
  { time, ...change }: Call & { time: string },
): Promise<{ row: DecidedCall; answer: Authorization }> {
  const gateway = await installation.as('gateway');
  const answer = await gateway.call(VERBS.authorize, {
    assertion: installation.assertion(who),
    operation: 'tool.call',
    tool: 'list_notes',
    observedDigest: 'A'.repeat(43),
    arguments: {},
    context: { transport: 'http' },
    replyKeyHash: null,
    call: newId(),
    attempt: 1,
    ...change,
  });
  const keyring = installation.trust.keyring('audit');
  const { decision: said } = answer;
  const claims =
    answer.grants === null
      ? verifyToken(keyring, 'pc-denial+jwt', 'policy', answer.denial!, new Date())
      : verifyToken(keyring, 'pc-grant+jwt', 'policy', answer.grants.audit, new Date());
  const { sub, kind, act, sid, op, srv, tool, label, tdg, rule, rev, pdg, inp } = claims;
  const { time: at, generation, context, scopes } = inp!;
  const inputs: DecidedCall[17] = [at, generation, null, context.transport ?? null, null, null, scopes];
  const whom = [sub, kind, act.client, act.agent, sid] as const;
  return {
    row: [newId(), time, ...whom, op, srv, tool, label, tdg, said, rule, rev, pdg, false, inputs],
    answer,
  };
}
