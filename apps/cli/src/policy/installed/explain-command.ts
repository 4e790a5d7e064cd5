import { contextSchema, type ExplainReply } from '@portcullis/contracts';
import { EXIT } from '../exit-codes.js';
import type { Printed } from './plan-command.js';
import type { PolicyApi } from './policy-api.js';

export interface ExplainArguments extends Printed {
  user: string;
  arguments: string;
  context: string;
}

/** `portcullis policy explain SERVER/TOOL`: what would be decided for a user, and what each rule has to do with it. */
export async function explainPolicy(
  api: PolicyApi,
  tool: string,
  options: ExplainArguments,
): Promise<number> {
  const [, server, name] = /^([^/]+)\/(.+)$/.exec(tool) ?? [];
  if (server === undefined || name === undefined) throw new Error('Name the tool as SERVER/TOOL');
  const explained = await api.explain({
    principal: options.user,
    operation: 'tool.call',
    server,
    tool: name,
    arguments: parse('--arguments', options.arguments) as Record<string, string>,
    context: contextSchema.parse(parse('--context', options.context)),
  });
  process.stdout.write(options.json ? `${JSON.stringify(explained)}\n` : describe(explained));
  return EXIT.ok;
}

function parse(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${option} is not JSON`, { cause: error });
  }
}

type Rule = ExplainReply['rules'][number];

function describe({ decision, rules, omittedRules }: ExplainReply): string {
  const near = rules.filter(
    ({ subject, covers }) => subject.applies && covers.server && covers.tool && covers.label,
  );
  const others = rules.length - near.length + omittedRules;
  const rest = others === 0 ? '' : `${others} other rules are not for this user or not about this tool\n`;
  return `${decision.message}\n\n${near.map(describeRule).join('')}${rest}`;
}

function describeRule({ rule, effect, guard, applies, condition }: Rule): string {
  const head = `${applies ? '*' : ' '} ${guard ? 'guard' : 'rule'} ${rule}: ${effect}, ${applies ? 'applies' : 'does not apply'}`;
  const leaves = condition?.leaves ?? [];
  const parts = leaves.map(
    ({ path, operator, operand, truth, negated, why }) =>
      `      ${negated ? 'not ' : ''}${path} ${operator} ${operand}: ${truth}${why === null ? '' : `, ${why}`}\n`,
  );
  return `${head}\n${parts.join('')}`;
}
