import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { compileCondition } from '../../src/conditions/compile.js';
import { evaluate } from '../../src/conditions/evaluate.js';
import { matchesGlob } from '../../src/conditions/glob.js';
import type { Truth } from '../../src/conditions/truth.js';
import { toolMatcher } from '../../src/rules/tool-pattern.js';
import { tagged, truths } from './condition-to-cedar.js';
import { attribute, like, variable } from './expression.js';
import { argumentsObject } from '../samples/organisations.js';
import { MOMENTS, sentence, toCondition } from '../samples/sentence.js';

/** Many policies and one request: what each policy says of it. Far more is compared per call than a decision shows. */
function applying(policies: Record<string, cedar.Expr>): (context: cedar.Context) => Set<string> {
  const any = { op: 'All' as const };
  const permit = (body: cedar.Expr): cedar.PolicyJson => ({
    effect: 'permit',
    principal: any,
    action: any,
    resource: any,
    conditions: [{ kind: 'when', body }],
  });
  const staticPolicies = Object.fromEntries(Object.entries(policies).map(([id, body]) => [id, permit(body)]));
  const loaded = cedar.preparsePolicySet('language', { staticPolicies });
  if (loaded.type === 'failure')
    throw new Error(`Cedar refuses the policies: ${JSON.stringify(loaded.errors)}`);
  return (context) => {
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'User', id: 'u' },
      action: { type: 'Action', id: 'tool.call' },
      resource: { type: 'Tool', id: 't' },
      context,
      preparsedPolicySetId: 'language',
      entities: [],
    });
    if (answer.type === 'failure') throw new Error(`Cedar refuses: ${JSON.stringify(answer.errors)}`);
    const { reason, errors } = answer.response.diagnostics;
    if (errors.length > 0) throw new Error(`Cedar erred: ${JSON.stringify(errors)}`);
    return new Set(reason);
  };
}

/** Conditions on arguments: all three values of both sides, not only what they do to a decision. How often each occurred. */
export function compareConditions(runs: number): Record<Truth, number> {
  const seen = { yes: 0, no: 0, indeterminate: 0 };
  const sentences = fc.array(sentence, { minLength: 20, maxLength: 20 });
  const inputs = fc.array(argumentsObject, { minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(sentences, inputs, (list, args) => {
      const nodes = list.map((one) => compileCondition(toCondition(one)));
      const policies = list.map(truths).flatMap(({ yes, no }, at) => [
        [`yes ${at}`, yes],
        [`no ${at}`, no],
      ]);
      const ask = applying(Object.fromEntries(policies) as Record<string, cedar.Expr>);
      const time = MOMENTS[1]!;
      for (const one of args) {
        const applies = ask({
          arguments: tagged(one),
          principal: tagged({ user: 'a' }),
          context: tagged({ time }),
        });
        for (const [at, node] of nodes.entries()) {
          const ours = evaluate(node, {
            arguments: one,
            principal: { user: 'a', roles: [], groups: [] },
            context: { time },
          });
          const [yes, no] = [applies.has(`yes ${at}`), applies.has(`no ${at}`)];
          const cedars = yes ? 'yes' : no ? 'no' : 'indeterminate';
          if (ours !== cedars || (yes && no)) {
            throw new Error(JSON.stringify({ condition: toCondition(list[at]!), one, ours, yes, no }));
          }
          seen[ours] += 1;
        }
      }
    }),
    { numRuns: runs },
  );
  return seen;
}

/** Globs of tools, and those of conditions, against `like`, on names of few letters, so that wildcards overlap. Returns how many matched. */
export function compareToolGlobs(runs: number): number {
  let matched = 0;
  const text = (letters: string) =>
    fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 7 }).map((it) => it.join(''));
  const lists = (letters: string) => fc.uniqueArray(text(letters), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(lists('ab**'), lists('ab'), (patterns, names) => {
      const name = attribute(variable('context'), 'name');
      const ask = applying(Object.fromEntries(patterns.map((pattern) => [pattern, like(name, pattern)])));
      for (const one of names) {
        const ours = patterns.filter((pattern) => toolMatcher(pattern)(one)).sort();
        const cedars = [...ask({ name: one })].sort();
        if (ours.join() !== cedars.join()) throw new Error(JSON.stringify({ name: one, ours, cedars }));
        const inConditions = patterns.filter((pattern) => matchesGlob(pattern, one)).sort();
        if (inConditions.join() !== ours.join())
          throw new Error(JSON.stringify({ name: one, inConditions, ours }));
        matched += ours.length;
      }
    }),
    { numRuns: runs },
  );
  return matched;
}
