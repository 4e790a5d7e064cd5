// npm run requirements [-- --json]: which feature is claimed, and which tests prove it.
import { fileURLToPath } from 'node:url';
import { dirname } from 'node:path';
import { scanWorkspace } from './requirements/scan.mjs';
import { joinTests, problems, table } from './requirements/report.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

let requirements;
try {
  ({ requirements } = await import('../docs/requirements.ts'));
} catch (error) {
  if (error.code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
  console.error(
    `Node ${process.version} can't read TypeScript; use \`npm run requirements\` (the pinned Node).`,
  );
  process.exit(1);
}

const citations = scanWorkspace(root);
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify(joinTests(requirements, citations), null, 2)}\n`);
} else {
  console.log(table(requirements, citations, process.stdout.columns));
}
const wrong = problems(requirements, citations);
for (const problem of wrong) console.error(problem);
process.exitCode = wrong.length > 0 ? 1 : 0;
