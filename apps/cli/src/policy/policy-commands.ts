import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CoverageArguments } from './installed/coverage-command.js';
import type { ExplainArguments } from './installed/explain-command.js';
import type { ExportArguments } from './installed/export-command.js';
import type { ApplyArguments } from './installed/apply-command.js';
import type { Printed } from './installed/plan-command.js';
import { EXIT } from './exit-codes.js';
import type { SimulateArguments } from './installed/simulate-command.js';
import type { TestArguments } from './tests/test-command.js';

interface Installed extends Printed {
  admin: string;
}

function percent(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}$/.test(text) && value <= 100) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}

const MAX_DAYS = 3_650;

function dayCount(text: string): number {
  const value = Number(text);
  if (/^[1-9]\d{0,3}$/.test(text) && value <= MAX_DAYS) return value;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_DAYS}.`);
}

/** `portcullis policy …`: policy as code. What a command needs is loaded when it is called. */
export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('Policy as code: files, tests, plans');
  offline(policy);
  looking(policy);
  asking(policy);
  changing(policy);
  simulating(policy);
  for (const command of [policy, ...policy.commands]) {
    command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.unusable));
  }
}

/** Whatever is thrown is a reason why it could not be done, not a failed test. */
async function ending(work: Promise<number>): Promise<void> {
  try {
    process.exitCode = await work;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = EXIT.unusable;
  }
}

function offline(policy: Command): void {
  policy
    .command('test <files...>')
    .description('Validate files of policy, or folders of them, and run their tests. Needs no installation')
    .option('--tests <files...>', 'files of tests, beside those among the files')
    .option(
      '--catalogue <file>',
      'who and what there is (policy export --catalogue); else whatever is named is there',
    )
    .option('--junit <file>', 'write the results as JUnit XML')
    .option(
      '--coverage [percent]',
      'say which rules no test reaches; fail below this share of rules',
      percent,
    )
    .option('--json', 'print one line of JSON', false)
    .addHelpText(
      'after',
      '\nExit code: 0 well, 1 a failed test or an error in the policy, 2 it could not be done.',
    )
    .action((files: string[], options: TestArguments) =>
      ending(import('./tests/test-command.js').then(({ testPolicy }) => testPolicy(files, options))),
    );
  policy
    .command('schema')
    .description('Print the JSON Schema of a file of policy, for editors')
    .action(() =>
      ending(
        import('@portcullis/policy-engine').then(({ policyJsonSchema }) => {
          process.stdout.write(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
          return EXIT.ok;
        }),
      ),
    );
}

async function adminOf({ admin }: Installed) {
  const [{ AdminApi }, { adminKey }] = await Promise.all([
    import('../admin-api/admin-api.js'),
    import('../config.js'),
  ]);
  return new AdminApi(admin, adminKey());
}

async function apiOf(options: Installed) {
  const { PolicyApi } = await import('./installed/policy-api.js');
  return new PolicyApi(await adminOf(options));
}

const atInstallation = (command: Command): Command =>
  command
    .requiredOption(
      '--admin <url>',
      'base URL of the admin API; PORTCULLIS_KEY holds an API key with the scope admin',
    )
    .option('--json', 'print one line of JSON', false);

function looking(policy: Command): void {
  atInstallation(policy.command('plan <files...>'))
    .description('Say what applying these files would change: the policy, and who may do what')
    .addHelpText(
      'after',
      '\nExit code: 0 nothing would change, 1 errors, 2 it could not be done, 3 something would change.',
    )
    .action((files: string[], options: Installed) =>
      ending(
        import('./installed/plan-command.js').then(async ({ planPolicy }) =>
          planPolicy(await apiOf(options), files, options),
        ),
      ),
    );
  atInstallation(policy.command('export'))
    .description('Print the policy in force as a file that applies back to the same version')
    .option('--output <file>', 'write it there instead')
    .option('--catalogue', 'who and what there is instead, for policy test', false)
    .action((options: Installed & ExportArguments) =>
      ending(
        import('./installed/export-command.js').then(async ({ exportPolicy }) =>
          exportPolicy(await apiOf(options), options),
        ),
      ),
    );
}

function changing(policy: Command): void {
  atInstallation(policy.command('apply <files...>'))
    .description('Apply these files as the policy, all of them or nothing')
    .option(
      '--basis <version>',
      'only if the policy is still this version, which an earlier plan was made on',
    )
    .addHelpText('after', '\nExit code: 0 applied, or nothing to change; 1 errors; 2 it could not be done.')
    .action((files: string[], options: Installed & ApplyArguments) =>
      ending(
        import('./installed/apply-command.js').then(async ({ applyPolicy }) =>
          applyPolicy(await apiOf(options), files, options),
        ),
      ),
    );
  atInstallation(policy.command('rollback <version>'))
    .description('Put an earlier version in force again')
    .action((version: string, options: Installed) =>
      ending(
        import('./installed/apply-command.js').then(async ({ rollBackPolicy }) =>
          rollBackPolicy(await apiOf(options), version, options),
        ),
      ),
    );
}

function asking(policy: Command): void {
  atInstallation(policy.command('explain <server/tool>'))
    .description('Say what would be decided for a user, and what each rule has to do with it')
    .requiredOption('--user <id>', 'who would call')
    .option('--arguments <json>', 'arguments of the call', '{}')
    .option('--context <json>', 'for example {"transport":"http","ip":"192.0.2.1"}', '{}')
    .action((tool: string, options: Installed & ExplainArguments) =>
      ending(
        import('./installed/explain-command.js').then(async ({ explainPolicy }) =>
          explainPolicy(await apiOf(options), tool, options),
        ),
      ),
    );
  atInstallation(policy.command('coverage'))
    .description('Say which rules have decided recorded calls of the last days, and which none')
    .option('--days <number>', 'how far back', dayCount, 30)
    .action((options: Installed & CoverageArguments) =>
      ending(
        import('./installed/coverage-command.js').then(async ({ policyCoverage }) =>
          policyCoverage(await adminOf(options), options),
        ),
      ),
    );
}

function simulating(policy: Command): void {
  atInstallation(policy.command('simulate [files...]'))
    .description('Say what these files would have done to the recorded calls of a period')
    .requiredOption('--from <time>', 'beginning of the period, such as 2026-01-01 or 2026-01-01T08:00:00Z')
    .option('--to <time>', 'its end; now, where it is missing')
    .addOption(
      new Option(
        '--basis <which>',
        'members, labels and servers as they were at each call, or as they are now',
      )
        .choices(['then', 'now'])
        .default('then'),
    )
    .option(
      '--sealed',
      'have the vault open what records hold sealed, where a decision depends on it; that is recorded',
    )
    .addHelpText(
      'after',
      '\nExit code: 0 no decision would have been another, 2 it could not be done, 3 some would.',
    )
    .action((files: string[], options: Installed & SimulateArguments) =>
      ending(
        import('./installed/simulate-command.js').then(async ({ simulatePolicy }) =>
          simulatePolicy(await apiOf(options), files, options),
        ),
      ),
    );
}
