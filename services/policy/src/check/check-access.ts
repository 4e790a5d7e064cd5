import type { CheckRequest, Decision } from '@portcullis/contracts';
import { decideQuestion, someone } from '@portcullis/policy-engine';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';

/** Answers internal tools: may this user do that? One class behind every transport, so that the answers are one. */
export class CheckAccess {
  constructor(private readonly decisions: PolicyDecisions) {}

  /** `org` is that of the caller's credential. @throws AppError UNAVAILABLE when nothing may be decided */
  run(org: string, { principal, operation, server, tool, arguments: args, context }: CheckRequest): Decision {
    const question = {
      asker: someone(principal),
      operation,
      server: { slug: server },
      tool,
      arguments: args,
      context,
    };
    return this.decisions.decide(org, (snapshot, time) => decideQuestion(snapshot, { ...question, time }))
      .decision;
  }
}
