import { execFile } from 'node:child_process';
import { z } from 'zod';
import { fail, unlessFaulty, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

/** What a service's `migrate.js --check` prints. */
const reportSchema = z.object({
  known: z.array(z.string()),
  applied: z.array(z.string()),
  faults: z.array(z.string()),
});
export type SchemaFacts = z.infer<typeof reportSchema>;

export interface SchemaMends {
  migrate: string;
  log: string;
}

const NEWER = 'run the version that made it, or a newer one; going back means restoring a backup';
const RULES =
  'find out who changed the schema: only migrations do. Until then tenants are kept apart by code alone';

/** @param facts undefined when the program gave none */
export function judgeSchema(service: string, facts: SchemaFacts | undefined, mend: SchemaMends): Finding[] {
  if (facts === undefined) return [fail(`the schema of ${service} can not be read`, mend.log)];
  const { known, applied, faults } = facts;
  const findings = [
    ...applied
      .filter((name) => !known.includes(name))
      .map((name) => fail(`${service} has the migration ${name}, which this version does not know`, NEWER)),
    ...known
      .filter((name) => !applied.includes(name))
      .map((name) => fail(`${service} lacks the migration ${name}`, mend.migrate)),
    ...faults.map((fault) => fail(`${service}: ${fault}`, RULES)),
  ];
  return unlessFaulty(
    findings,
    `${applied.length} migrations, row-level security forced, roles without power`,
  );
}

export interface SchemaProgram {
  service: string;
  /** The service's own compiled `migrate.js`: it alone knows its migrations and its rules. */
  program: string;
  ownerUrlFile: string;
  needs: readonly string[];
  mend: SchemaMends;
}

/** Loading the migrations takes a second of processor time, which a busy machine may be slow to give. */
const DEADLINE_MS = 20_000;

export const schemaCheck = ({ service, program, ownerUrlFile, needs, mend }: SchemaProgram): Check => ({
  id: `schema-${service}`,
  needs,
  deadlineMs: DEADLINE_MS,
  run: async (signal) => judgeSchema(service, await ask(program, ownerUrlFile, signal), mend),
});

function ask(program: string, ownerUrlFile: string, signal: AbortSignal): Promise<SchemaFacts | undefined> {
  const env = { NODE_ENV: 'production', DATABASE_OWNER_URL_FILE: ownerUrlFile };
  return new Promise((resolve) => {
    const options = { env, signal, killSignal: 'SIGKILL' as const, cwd: '/' };
    execFile(process.execPath, [program, '--check'], options, (error, output) => {
      if (error) return resolve(undefined);
      try {
        resolve(reportSchema.parse(JSON.parse(output)));
      } catch {
        resolve(undefined);
      }
    });
  });
}
