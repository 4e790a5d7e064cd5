import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  deterministicId,
  policyCommandSchema,
  type CheckRequest,
  type PolicyCommand,
} from '@portcullis/contracts';
import { parse } from 'yaml';
import { z } from 'zod';

const DIRECTORY = join(import.meta.dirname, '../corpus');

const caseSchema = z.strictObject({
  description: z.string(),
  /** Facts beside the founder `admin`: members by name, servers with the labels of their tools, then any commands. */
  members: z.record(z.string(), z.array(z.string())).default({}),
  roles: z.array(z.string()).default([]),
  servers: z.record(z.string(), z.record(z.string(), z.enum(['read', 'write', 'destructive']))).default({}),
  rules: z.array(z.record(z.string(), z.unknown())).default([]),
  commands: z.array(z.record(z.string(), z.unknown())).default([]),
  checks: z.array(
    z.strictObject({
      user: z.string(),
      operation: z.string().default('tool.call'),
      server: z.string(),
      tool: z.string().nullable().default(null),
      arguments: z.unknown().default(null),
      context: z.record(z.string(), z.unknown()).default({}),
      want: z.union([
        z.strictObject({
          decision: z.string(),
          rule: z.string(),
          label: z.string().nullish(),
          message: z.string().optional(),
        }),
        z.strictObject({ error: z.string() }),
      ]),
    }),
  ),
});

export type Wanted = z.infer<typeof caseSchema>['checks'][number]['want'];

export interface CorpusCase {
  name: string;
  description: string;
  org: string;
  admin: string;
  commands: PolicyCommand[];
  checks: { title: string; request: CheckRequest; want: Wanted }[];
}

/** One policy, questions about it and the wanted answers, as data: whatever transport is asked has to agree. */
export function readCorpus(): CorpusCase[] {
  const files = readdirSync(DIRECTORY)
    .filter((file) => /^case_\d+\.yaml$/.test(file))
    .sort();
  return files.map((file) => readCase(file));
}

function readCase(file: string): CorpusCase {
  const name = file.replace('.yaml', '');
  const written = caseSchema.parse(parse(readFileSync(join(DIRECTORY, file), 'utf8')));
  const id = (kind: string, text: string) => deterministicId('corpus', name, kind, text);
  return {
    name,
    description: written.description,
    org: id('org', name),
    admin: id('user', 'admin'),
    commands: commandsOf(written, id),
    checks: written.checks.map(({ user, want, ...question }) => ({
      title:
        `${user} ${question.operation} ${question.server}/${question.tool ?? ''} ${JSON.stringify(question.arguments)}`.slice(
          0,
          120,
        ),
      request: { ...question, principal: id('user', user) } as CheckRequest,
      want,
    })),
  };
}

function commandsOf(
  written: z.infer<typeof caseSchema>,
  id: (kind: string, text: string) => string,
): PolicyCommand[] {
  const user = (name: string) => id('user', name);
  const srv = (slug: string) => id('server', slug);
  const members = Object.entries(written.members);
  const commands: unknown[] = [
    ...written.roles.map((role) => ({ type: 'DefineRole', role, description: '' })),
    ...members.map(([name]) => ({ type: 'AddMember', user: user(name) })),
    ...members.flatMap(([name, roles]) =>
      roles.map((role) => ({ type: 'GrantRole', user: user(name), role })),
    ),
    ...Object.entries(written.servers).flatMap(([slug, tools]) => [
      { type: 'ConnectServer', srv: srv(slug), slug, dst: `https://${slug}.example`, slots: [] },
      ...Object.entries(tools).map(([tool, label]) => ({ type: 'LabelTool', srv: srv(slug), tool, label })),
    ]),
    ...written.rules.map((rule) => ({ type: 'AddRule', rule: withUserIds(rule, user) })),
    ...written.commands.map((command) => ({
      ...command,
      ...(typeof command['user'] === 'string' ? { user: user(command['user']) } : {}),
      ...(typeof command['srv'] === 'string' ? { srv: srv(command['srv']) } : {}),
    })),
  ];
  return commands.map((command) => policyCommandSchema.parse(command));
}

function withUserIds(rule: Record<string, unknown>, user: (name: string) => string): Record<string, unknown> {
  const subjects = rule['subjects'] as { users?: string[] };
  return subjects.users === undefined
    ? rule
    : { ...rule, subjects: { ...subjects, users: subjects.users.map(user) } };
}
