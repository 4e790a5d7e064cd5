import { ESLintUtils } from '@typescript-eslint/utils';
import ts from 'typescript';
import { Declarations } from './secret-flow/declarations.mjs';
import { SecretFlow } from './secret-flow/flow.mjs';
import { LogCalls } from './secret-flow/log-calls.mjs';
import { firstOf, TypeSearch } from './secret-flow/secret-types.mjs';

/** How many functions a value may be handed through before it is logged. */
const MAX_WRAPPERS = 3;

const analyses = new WeakMap();

/** One analysis for all files of a program, so that types are searched once. */
function analysisOf(checker) {
  if (!analyses.has(checker)) analyses.set(checker, new Analysis(checker));
  return analyses.get(checker);
}

class Analysis {
  #declarations;
  #flow;
  #logs;
  #inside = new WeakMap();

  constructor(checker) {
    this.#declarations = new Declarations(checker);
    this.#flow = new SecretFlow(checker, new TypeSearch(checker), this.#declarations);
    this.#logs = new LogCalls(checker, this.#declarations);
  }

  /** The arguments of a call that carry a secret into a log, each with what it carries. */
  leaks(call) {
    const logged = this.#logs.loggedArguments(call);
    if (logged === undefined) return this.#leaksThroughWrapper(call);
    return logged.flatMap((argument) => {
      const what = this.#flow.carried(spreadless(argument));
      return what ? [{ node: argument, what }] : [];
    });
  }

  /** A function of ours that logs its parameters is a log call as well. */
  #leaksThroughWrapper(call) {
    const called = this.#declarations.calledFunction(call);
    if (!called || this.#callsInside(called).length === 0) return [];
    return call.arguments.flatMap((argument, index) => {
      const what = this.#flow.carried(argument) && this.#loggedInside(called, call, index);
      return what ? [{ node: argument, what }] : [];
    });
  }

  #loggedInside(called, call, index) {
    const path = this.#flow.enter(called, call);
    const only = [...path.bindings].filter(([parameter]) => parameter === called.parameters[index]);
    return this.#logged(called, { ...path, bindings: new Map(only) }, MAX_WRAPPERS);
  }

  /** What reaches a log call in the body (or in what the body calls) only because of the arguments in `path`. */
  #logged(called, path, depth) {
    return firstOf(this.#callsInside(called), ({ call, logged }) => {
      if (logged)
        return firstOf(logged, (it) => (this.#flow.carried(it) ? undefined : this.#flow.carried(it, path)));
      const nested = depth > 0 ? this.#declarations.calledFunction(call) : undefined;
      return nested && !path.seen.has(nested)
        ? this.#logged(nested, this.#flow.enter(nested, call, path), depth - 1)
        : undefined;
    });
  }

  /** The log calls in a function's body, and the calls that may lead to one. */
  #callsInside(called) {
    if (!this.#inside.has(called)) {
      const found = [];
      const visit = (node) => {
        if (ts.isCallExpression(node)) {
          const logged = this.#logs.loggedArguments(node)?.map(spreadless);
          if (logged || this.#declarations.calledFunction(node)) found.push({ call: node, logged });
        }
        ts.forEachChild(node, visit);
      };
      visit(called.body);
      this.#inside.set(called, found);
    }
    return this.#inside.get(called);
  }
}

const spreadless = (node) => (ts.isSpreadElement(node) ? node.expression : node);

/**
 * Reports log calls that can receive a `Secret` or what was revealed of one, the environment, or raw headers. Type-aware:
 * it follows types (members to a depth), variables, destructuring, literals, wrappers and functions it can read.
 */
export const noSecretLogging = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { leak: 'This log call can receive {{what}}. Log a name, an id or a digest instead.' },
  },
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const analysis = analysisOf(services.program.getTypeChecker());
    return {
      CallExpression(node) {
        const call = services.esTreeNodeToTSNodeMap.get(node);
        if (!ts.isCallExpression(call)) return;
        for (const { node: argument, what } of analysis.leaks(call)) {
          const at = services.tsNodeToESTreeNodeMap.get(argument) ?? node;
          context.report({ node: at, messageId: 'leak', data: { what } });
        }
      },
    };
  },
};
