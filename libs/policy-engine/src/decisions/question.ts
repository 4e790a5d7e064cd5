import type { DecisionContext, Operation, ToolAnnotations } from '@portcullis/contracts';

/** Who asks. What a caller could not prove is null: conditions on it are then indeterminate. */
export interface Asker {
  user: string;
  /** Session or key and its generation; null where policy is asked about a user rather than by one. */
  session: { sid: string; generation: number } | null;
  client: string | null;
  agent: string | null;
  kind: string | null;
  scopes: readonly string[] | null;
}

/** May `asker` do `operation`? The organisation is that of the snapshot the question is put to. */
export interface Question {
  asker: Asker;
  operation: Operation;
  /** By id where the caller resolved it, else by slug. */
  server: { srv: string } | { slug: string };
  tool: string | null;
  arguments: unknown;
  context: DecisionContext;
  /** When it is decided: RFC 3339, UTC, milliseconds. Conditions see it as `context.time`. */
  time: string;
  annotations?: ToolAnnotations | undefined;
  /** The call itself, where it is one: its id, and the digest of its arguments that an approval is bound to. */
  call?: { id: string; arguments: string } | undefined;
  /** Digest of the tool's definition as the asker sees it; missing: as its server showed it last. */
  observedDigest?: string | undefined;
}

/** A user of whom nothing but the id is known. */
export const someone = (user: string): Asker => ({
  user,
  session: null,
  client: null,
  agent: null,
  kind: null,
  scopes: null,
});
