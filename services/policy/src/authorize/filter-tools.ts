import type { FilteredTools, FilterToolsRequest } from '@portcullis/contracts';
import { couldBeAllowed, type Question, refuseAsker } from '@portcullis/policy-engine';
import type { PolicySource } from '../decisions/policy-decisions.js';
import type { PrincipalVerifier } from './principal-verifier.js';

/** Which of the tools that a server offers the caller may see. Nothing, wherever a call would be denied outright. */
export class FilterTools {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly source: PolicySource,
    private readonly clock: () => Date,
  ) {}

  /** @throws AppError UNAUTHENTICATED, UNAVAILABLE */
  run({ assertion, srv, tools }: FilterToolsRequest): FilteredTools {
    const { asker, claims } = this.principals.verify(assertion);
    const { snapshot, broken } = this.source.view(claims.org);
    const server = snapshot.state.servers.get(srv);
    const closed =
      broken !== null || snapshot.state.org !== claims.org || refuseAsker(snapshot, asker) !== undefined;
    if (closed || server === undefined) return { allowed: [], revision: snapshot.revision };
    const question: Question = {
      asker,
      operation: 'tool.call',
      server: { srv },
      tool: null,
      arguments: null,
      context: {},
      time: this.clock().toISOString(),
    };
    const visible = tools.filter(({ name, digest, annotations }) =>
      couldBeAllowed(
        { snapshot, question: { ...question, observedDigest: digest }, server, tool: name },
        annotations,
      ),
    );
    return { allowed: visible.map(({ name }) => name), revision: snapshot.revision };
  }
}
