import {
  AppError,
  parseIJson,
  VERBS,
  type DecideAtReply,
  type Moment,
  type PastQuestion,
  type VerbCaller,
  type WhoCouldReply,
  type WhoCouldRequest,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';

/** A moment as a query names it. */
export interface NamedMoment {
  readonly time?: string | undefined;
  readonly revision?: number | undefined;
}

/** A question as a query puts it. */
export interface AskedQuestion {
  readonly principal: string;
  readonly operation: PastQuestion['operation'];
  readonly server: string;
  readonly tool?: string | undefined;
  readonly arguments?: string | undefined;
  readonly client?: string | undefined;
  readonly scopes?: string | undefined;
}

/** Asks policy about its past: control keeps no copy of it. */
export class AskHistory {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
  ) {}

  /** @throws AppError `INVALID_ARGUMENT`, `NOT_FOUND`, `FAILED_PRECONDITION` */
  decideAt(admin: Admin, at: NamedMoment, asked: AskedQuestion): Promise<DecideAtReply> {
    const { arguments: text, tool = null, client, scopes, ...question } = asked;
    return this.peers.call(VERBS.decideAt, {
      assertion: this.assertions.issue(admin.principal, 'policy'),
      at: momentOf(at),
      question: {
        ...question,
        tool,
        arguments: text === undefined ? null : jsonOf(text),
        context: {},
        ...(client === undefined ? {} : { client }),
        ...(scopes === undefined ? {} : { scopes: scopes.split(' ').filter((scope) => scope !== '') }),
      },
    });
  }

  /** @throws AppError `INVALID_ARGUMENT`, `NOT_FOUND`, `FAILED_PRECONDITION` */
  whoCould(
    admin: Admin,
    at: NamedMoment,
    wanted: Omit<WhoCouldRequest, 'assertion' | 'at'>,
  ): Promise<WhoCouldReply> {
    const assertion = this.assertions.issue(admin.principal, 'policy');
    return this.peers.call(VERBS.whoCould, { assertion, at: momentOf(at), ...wanted });
  }
}

function momentOf({ time, revision }: NamedMoment): Moment {
  if (time !== undefined && revision === undefined) return { time };
  if (revision !== undefined && time === undefined) return { revision };
  throw new AppError('INVALID_ARGUMENT', 'Name a moment: either "time" or "revision".');
}

function jsonOf(text: string): PastQuestion['arguments'] {
  try {
    return parseIJson(Buffer.from(text, 'utf8')) as PastQuestion['arguments'];
  } catch {
    throw new AppError('INVALID_ARGUMENT', '"arguments" is not I-JSON.');
  }
}
